# slack_sdk's verdict on every request of referee_requests, beside Muster's. python verifiers.py REQUESTS
import json
import sys

from slack_sdk.signature import Clock, SignatureVerifier


class At(Clock):
    def __init__(self, now):
        self._now = now

    def now(self):
        return self._now


asked = accepted = future = 0
differences = []
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        r = json.loads(line)
        try:
            sdk = SignatureVerifier(r["secret"], At(r["now"])).is_valid(
                body=bytes.fromhex(r["body"]), timestamp=r["stamp"], signature=r["signature"]
            )
        except UnicodeDecodeError:
            sdk = False  # it cannot be asked about bytes that are no UTF-8; such a request is not accepted
        asked += 1
        accepted += r["muster"]
        if sdk == r["muster"]:
            continue
        if sdk and not r["muster"] and int(r["stamp"]) > r["now"] + 300:
            future += 1
        else:
            differences.append(line.strip() + " slack_sdk=" + str(sdk))
print(
    f"slack_sdk: {asked} requests, {accepted} accepted by Muster, {future} from the future refused by Muster alone,"
    f" {len(differences)} other differences"
)
for d in differences[:10]:
    print("  " + d)
sys.exit(1 if differences or not asked / 10 <= accepted <= asked * 0.9 else 0)

"""Figures with their spread, curves, the table, the comparison with an older run."""
import json
import statistics


class Results:
    """JSON shape: {"about": {...}, "figures": {name: {...}}, "curves": {name: {...}}}."""

    def __init__(self):
        self.about, self.figures, self.curves = {}, {}, {}

    def add(self, name, values, unit, better, words, goal=None):
        """`values`: one of each round. `better`: higher or lower. `goal`: what issue or README promise, on the side of `better`."""
        values = [float(v) for v in (values if isinstance(values, list) else [values])]
        self.figures[name] = {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": len(values), "unit": unit, "better": better,
                              "words": words, "goal": goal}

    def median(self, name):
        return self.figures[name]["median"]

    def curve(self, name, words, x, y, points, better="higher", log_x=True, log_y=False, goal=None):
        """`points`: [x, [values of the rounds]]. `goal`: how much worse the last point may be than the first."""
        self.curves[name] = {"words": words, "x": x, "y": y, "better": better, "log_x": log_x, "log_y": log_y, "goal": goal,
                             "points": [{"x": at, "median": statistics.median(v), "min": min(v), "max": max(v)} for at, v in points]}

    def save(self, path):
        with open(path, "w") as f:
            json.dump({"about": self.about, "figures": self.figures, "curves": self.curves}, f, indent=1)

    def table(self):
        lines = [f"{'what':58} {'median':>11} {'least':>11} {'most':>11}  {'goal':>8}"]
        for figure in self.figures.values():
            lines.append(f"{figure['words'] + ', ' + figure['unit']:58} {number(figure['median'])} {number(figure['min'])} {number(figure['max'])}  {goal_words(figure)}")
        for curve in self.curves.values():
            lines.append(f"\n{curve['words']}: {curve['y']} by {curve['x']}")
            for p in curve["points"]:
                lines.append(f"{p['x']:>58,} {number(p['median'])} {number(p['min'])} {number(p['max'])}")
            if curve["goal"]:
                worse = growth(curve)
                lines.append(f"{'last over first, at most ' + str(curve['goal']):>58} {worse:11.2f}  {'yes' if worse <= curve['goal'] else 'NO'}")
        return "\n".join(lines)


def number(value):
    return f"{value:11,.0f}" if abs(value) >= 1000 else f"{value:11,.2f}"


def goal_words(figure):
    if figure["goal"] is None:
        return ""
    higher = figure["better"] == "higher"
    met = figure["median"] >= figure["goal"] if higher else figure["median"] < figure["goal"]
    return f"{('>= ' if higher else '< ') + format(figure['goal'], 'g'):>8}  {'yes' if met else 'NO'}"


def growth(curve):
    first, last = curve["points"][0]["median"], curve["points"][-1]["median"]
    return first / last if curve["better"] == "higher" else last / first


def changes(old, new):
    """(words, old, new, how much worse in percent, verdict): slower only when the medians differ by more than 10 % and the spreads do not touch."""
    out = []
    pairs = [(new["figures"][k], old["figures"][k], new["figures"][k]["words"]) for k in new["figures"] if k in old.get("figures", {})]
    for name, curve in new["curves"].items():
        before = {p["x"]: p for p in old.get("curves", {}).get(name, {}).get("points", [])}
        for p in curve["points"]:
            if p["x"] in before:
                pairs.append(({**p, "better": curve["better"]}, before[p["x"]], f"{curve['words']} at {p['x']:,}"))
    for now, then, words in pairs:
        if then["median"] == 0 or now["median"] == 0:
            continue
        higher = now["better"] == "higher"
        worse = (then["median"] / now["median"] if higher else now["median"] / then["median"]) - 1
        apart = now["max"] < then["min"] if higher else now["min"] > then["max"]
        gained = now["min"] > then["max"] if higher else now["max"] < then["min"]
        verdict = "SLOWER" if worse > 0.1 and apart else "faster" if worse < -0.1 and gained else ""
        out.append((words, then["median"], now["median"], worse * 100, verdict))
    return out


def compare(old_path, new):
    """Prints what changed; the number of things that got slower."""
    with open(old_path) as f:
        old = json.load(f)
    rows = changes(old, {"figures": new.figures, "curves": new.curves})
    print(f"\nagainst {old_path} ({old.get('about', {}).get('commit', '?')}, {old.get('about', {}).get('date', '?')})")
    print(f"{'what':58} {'then':>11} {'now':>11} {'worse by':>9}")
    for words, then, now, worse, verdict in rows:
        print(f"{words:58} {number(then)} {number(now)} {worse:8.0f}%  {verdict}")
    alone = [f"{name} (only {which})" for kind in ("figures", "curves")
             for here, there, which in ((old.get(kind, {}), getattr(new, kind), "then"), (getattr(new, kind), old.get(kind, {}), "now")) for name in here if name not in there]
    if alone:
        print("not compared: " + ", ".join(alone))
    slower = sum(row[4] == "SLOWER" for row in rows)
    print("nothing of this got slower beyond the spread of the rounds" if slower == 0 else f"{slower} got slower")
    return slower

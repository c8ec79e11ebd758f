"""The results as one SVG: bars with their spread for the rates, one small graph for each curve. Readable in light and dark."""
import math
from xml.sax.saxutils import escape

WIDTH, ROW, GRAPH_W, GRAPH_H, LEFT = 960, 26, 440, 220, 330
STYLE = """text{font:13px system-ui,sans-serif;fill:#24292f}.dim{fill:#6e7781;font-size:11px}.head{font-size:15px;font-weight:600}
.ours{fill:#0969da}.theirs{fill:#8c959f}.line{fill:none;stroke:#0969da;stroke-width:2}.spread{stroke:#24292f;stroke-width:1.5}.band{fill:#0969da;opacity:.15}.axis{stroke:#d0d7de}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8d96a0}.spread{stroke:#e6edf3}.axis{stroke:#30363d}.back{fill:#0d1117}}.back{fill:#fff}
@media (prefers-color-scheme:dark){.back{fill:#0d1117}}"""


def text(x, y, words, cls="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{cls}" text-anchor="{anchor}">{escape(words)}</text>'


def bars(figures, top):
    rates = [(k, f) for k, f in figures.items() if f["unit"] == "requests/s"]
    if not rates:
        return [], top
    out = [text(20, top, "Requests per second: medians, with the spread of the rounds", "head")]
    most = max(f["max"] for _, f in rates)
    scale = (WIDTH - LEFT - 130) / most
    for i, (key, f) in enumerate(rates):
        y = top + 16 + i * ROW
        cls = "theirs" if key.startswith(("bolt", "nginx")) else "ours"
        middle = y + 9
        out += [text(LEFT - 10, y + 13, f["words"], anchor="end"), f'<rect x="{LEFT}" y="{y}" width="{f["median"] * scale:.1f}" height="18" rx="2" class="{cls}"/>',
                f'<line x1="{LEFT + f["min"] * scale:.1f}" x2="{LEFT + f["max"] * scale:.1f}" y1="{middle}" y2="{middle}" class="spread"/>',
                text(LEFT + f["max"] * scale + 8, y + 13, f'{f["median"]:,.0f}')]
    return out, top + 40 + len(rates) * ROW


def short(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:.3g}"


def graph(curve, x0, y0):
    place = (lambda v: math.log10(max(v, 1))) if curve["log_x"] else (lambda v: v)
    rise = (lambda v: math.log10(max(v, 0.01))) if curve["log_y"] else (lambda v: v)
    points = curve["points"]
    xs = [place(p["x"]) for p in points]
    low = min(rise(p["min"]) for p in points) if curve["log_y"] else 0
    high = max(rise(p["max"]) for p in points)
    left, right, top, bottom = x0 + 50, x0 + GRAPH_W - 20, y0 + 30, y0 + GRAPH_H - 40
    at_x = lambda v: left + (place(v) - xs[0]) / ((xs[-1] - xs[0]) or 1) * (right - left)
    at_y = lambda v: bottom - (rise(v) - low) / ((high - low) or 1) * (bottom - top)
    out = [text(x0 + 10, y0 + 14, curve["words"], "head"), f'<line x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}" class="axis"/>',
           f'<line x1="{left}" x2="{left}" y1="{top}" y2="{bottom}" class="axis"/>']
    band = [f'{at_x(p["x"]):.1f},{at_y(p["max"]):.1f}' for p in points] + [f'{at_x(p["x"]):.1f},{at_y(p["min"]):.1f}' for p in reversed(points)]
    out.append(f'<polygon points="{" ".join(band)}" class="band"/>')
    out.append('<polyline points="' + " ".join(f'{at_x(p["x"]):.1f},{at_y(p["median"]):.1f}' for p in points) + '" class="line"/>')
    for p in points:
        out += [f'<circle cx="{at_x(p["x"]):.1f}" cy="{at_y(p["median"]):.1f}" r="3" class="ours"/>', text(at_x(p["x"]), bottom + 15, short(p["x"]), "dim", "middle"),
                text(at_x(p["x"]), at_y(p["median"]) - 8, short(p["median"]), "dim", "middle")]
    out += [text((left + right) / 2, bottom + 32, curve["x"], "dim", "middle"), text(x0 + 10, y0 + 28, curve["y"] + (" (logarithmic)" if curve["log_y"] else ""), "dim")]
    return out


def draw(results, path):
    about = results.about
    parts, top = bars(results.figures, 60)
    for i, curve in enumerate(c for c in results.curves.values() if len(c["points"]) > 1):
        parts += graph(curve, 20 + i % 2 * (GRAPH_W + 20), top + i // 2 * (GRAPH_H + 10))
    rows = (sum(len(c["points"]) > 1 for c in results.curves.values()) + 1) // 2
    height = top + rows * (GRAPH_H + 10) + 10
    head = text(20, 28, f"Muster {about.get('commit', '')}, {about.get('date', '')}: {about.get('cpu', '')}, {about.get('cores', '?')} cores, load generator on the same machine", "dim")
    with open(path, "w") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}">\n<style>{STYLE}</style>\n'
                f'<rect width="100%" height="100%" class="back"/>\n{head}\n' + "\n".join(parts) + "\n</svg>\n")

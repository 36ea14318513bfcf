# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The page: its sections and how they are put together."""
import html

import numpy as np

from . import charts, clusters, measures, style


def _section(name, title, intro, body):
    return name, title, '<section id="%s"><h2>%s</h2><p class="lead">%s</p>%s</section>' % (name, title, intro, body)


def _grid(cards, kind=""):
    return '<div class="grid%s">%s</div>' % (kind, "".join(cards))


def _card(title, body, note="", kind="card"):
    note = '<p class="note">%s</p>' % note if note else ""
    return '<figure class="%s"><h3>%s</h3>%s%s</figure>' % (kind, title, body, note)


def _key(colour, shape=""):
    dash = " dashed" if shape and colour >= charts.COLOURS else ""
    return '<span class="key%s s%d"></span>' % ((" " + shape if shape else "") + dash, colour % charts.COLOURS)


def _keys(names, shape="", more=""):
    return '<ul class="keys">%s%s</ul>' % (
        "".join("<li>%s%s</li>" % (_key(colour, shape), html.escape(name)) for name, colour in names), more)


def _reference_key(name):
    return '<li><span class="key reference"></span>%s</li>' % name


def _count(value, word):
    return "%s %s%s" % ("{:,}".format(value).replace(",", "\u202f"), word, "" if value == 1 else "s")


def _bytes(value):
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            return ("%.3g %s" if value < 100 else "%.0f %s") % (value, unit)
        value /= 1000


def _names(domains):
    return [(domain.name, i) for i, domain in enumerate(domains)]


def _described(domain):
    """How much text a profile is from."""
    parts = [_count(domain.data[key], word) for key, word in (("documents", "document"), ("tokens", "token")) if isinstance(domain.data.get(key), int)]
    return ", ".join(parts)


# --- Sections


def _routing(domains):
    labels = ("¼", "½", "1", "2", "4", "8", "16")
    steps = "".join('<div class="h%d"><i></i></div>' % i for i in range(8))
    scale = '<div class="scale"><div>times the even share<div class="steps">%s</div><div class="steps">%s</div></div>%s</div>' % (
        steps, "".join("<span>%s</span>" % label for label in labels),
        '<div><i class="swatch"></i>shared, used by every token</div>' if any(np.isnan(layer).any() for layer in domains[0].shares) else "")
    cards = [
        _card("%s %s" % (_key(i), html.escape(domain.name)), charts.heat_map(domain), html.escape(_described(domain)))
        for i, domain in enumerate(domains)
    ]
    intro = ("How much of the router’s probability each expert gets, as a multiple of what it would get if all routed experts of its layer "
             "were used alike. Dark cells are experts that the domain needs.")
    return _section("routing", "Which experts each domain uses", intro, scale + _grid(cards, " pairs"))


def _matrix(domains, values):
    head = "".join('<th scope="col" title="%s">%s</th>' % (html.escape(domain.name), _key(i)) for i, domain in enumerate(domains))
    rows = []
    for i, row in enumerate(values):
        cells = "".join(
            '<td class="self">·</td>' if i == j else '<td class="h%d">%.2f</td>' % (min(7, int(value * 8)), value) for j, value in enumerate(row))
        name = html.escape(domains[i].name)
        rows.append('<tr><th scope="row" title="%s">%s%s</th>%s</tr>' % (name, _key(i), name, cells))
    return '<div class="scroll"><table class="matrix"><thead><tr><th></th>%s</tr></thead><tbody>%s</tbody></table></div>' % (head, "".join(rows))


def _overlap(domains):
    layers = range(len(domains[0].shares))
    common, cosine = measures.by_layer(domains, measures.common), measures.by_layer(domains, measures.cosine)
    axes = charts.Axes(list(layers), [0, 1], "layer", "mean over pairs of domains", y_top=1.0,
                       x_ticks=[tick for tick in charts.nice_ticks(0, len(layers) - 1, 8) if tick == int(tick)])
    lines = charts.curves(
        [("best quarter in common", 0, list(zip(layers, common))), ("cosine", 1, list(zip(layers, cosine)))], axes,
        "Overlap of domains by layer", points=len(layers) <= 32, references=[("by chance", [(0, 1 / 7), (len(layers) - 1, 1 / 7)])])
    cards = [
        _card("Best quarter in common", _matrix(domains, measures.matrix(domains, measures.common)),
              "Experts in the most used quarter of both domains, as a part of those in either; mean over layers. Choosing at random gives 0.14."),
        _card("Cosine of the router’s probabilities", _matrix(domains, measures.matrix(domains, measures.cosine)),
              "1: the same distribution over experts; mean over layers."),
        _card("By layer", _keys([("best quarter in common", 0), ("cosine", 1)], "line", _reference_key("quarters at random")) + lines),
    ]
    intro = "Domains that share few experts can be served by small, different subsets of the model."
    return _section("overlap", "What domains have in common", intro, _grid(cards, " pairs" if len(domains) > 5 else ""))  # large matrices need room


def _mass_table(domains, curves, sizes):
    most = curves[0][-1][0]
    counts = sorted({max(curves[0][0][0], round(most * part)) for part in (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)})
    head = "".join('<th scope="col">%d</th>' % count for count in counts)
    rows = ["<tr><th scope=\"row\">%s</th>%s</tr>" % (
        html.escape(domain.name), "".join("<td>%.1f %%</td>" % (100 * dict(curve)[count]) for count in counts)) for domain, curve in zip(domains, curves)]
    if sizes:
        rows.append('<tr><th scope="row">weights</th>%s</tr>' % "".join("<td>%s</td>" % _bytes(dict(sizes)[count]) for count in counts))
    return ('<details><summary>Numbers</summary><div class="scroll"><table class="numbers"><thead><tr><th>experts kept</th>%s</tr></thead>'
            "<tbody>%s</tbody></table></div></details>") % (head, "".join(rows))


def _mass(domains):
    curves = [measures.retained(domain) for domain in domains]
    sizes = next((found for found in map(measures.weights, domains) if found), None)
    xs = [kept for kept, _ in curves[0]]
    shared = xs[0] - 1
    even = [(shared, 0.0), (xs[-1], 1.0)] if shared else [(xs[0], 1 / xs[-1]), (xs[-1], 1.0)]
    ticks = sorted({round(xs[-1] * part) for part in (1 / 8, 1 / 4, 1 / 2, 3 / 4, 1)} & set(xs))
    axes = charts.Axes([min(xs[0], even[0][0]), xs[-1]], [0, 1], "experts kept in each layer", "router probability kept", y_top=1.0,
                       x_ticks=ticks, y_format=lambda value: "%d %%" % round(100 * value))
    series = [(domain.name, i, curve) for i, (domain, curve) in enumerate(zip(domains, curves))]
    cards = [_card("Probability kept", _keys(_names(domains), "line", _reference_key("even use")) + charts.curves(
        series, axes, "Router probability kept against experts kept", references=[("even use", even)]),
        "Mean over layers of what each domain’s own best experts had before pruning. Shared experts count among those kept.")]
    if sizes:
        factor, unit = next(((f, u) for f, u in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB")) if sizes[-1][1] >= f), (1, "B"))
        axes = charts.Axes([axes.x_low, axes.x_high], [0, sizes[-1][1] / factor], "experts kept in each layer", "weights in %s" % unit, x_ticks=ticks)
        cards.append(_card("Size of the model", charts.curves([("weights", 0, [(kept, size / factor) for kept, size in sizes])], axes,
                                                              "Bytes of weights against experts kept"),
                           "All weights: %s with every expert, %s with the fewest." % (_bytes(sizes[-1][1]), _bytes(sizes[0][1]))))
    intro = "A steep start means that a few experts do most of the work, so that a small part of the model is enough."
    return _section("mass", "What a subset keeps", intro, _grid(cards, " pairs") + _mass_table(domains, curves, sizes))


def _loss(domains, losses):
    # A curve has its domain's colour where it has a domain's name.
    colours = {domain.name: i for i, domain in enumerate(domains)}
    free = [i for i in range(2 * charts.COLOURS) if i not in {colours[name] for name, _ in losses if name in colours}]
    series = [(name, colours[name] if name in colours else free.pop(0) if free else 0, sorted(points)) for name, points in losses]
    xs = sorted({k for _, _, points in series for k, _ in points})
    ticks = xs if len(xs) <= 7 else None
    axes = charts.Axes(xs, [loss for _, _, points in series for _, loss in points], "experts kept in each layer", "loss", x_ticks=ticks,
                       x_log=ticks is not None, y_zero=False)
    rows = "".join('<tr><th scope="row">%s</th>%s</tr>' % (html.escape(name), "".join(
        "<td>%s</td>" % ("%.3f" % dict(points)[x] if x in dict(points) else "") for x in xs)) for name, _, points in series)
    table = '<div class="scroll"><table class="numbers"><thead><tr><th>experts kept</th>%s</tr></thead><tbody>%s</tbody></table></div>' % (
        "".join('<th scope="col">%s</th>' % charts.number(x) for x in xs), rows)
    cards = [_card("Loss", _keys([(name, colour) for name, colour, _ in series], "line") + charts.curves(
        series, axes, "Loss against experts kept", points=True)), _card("Numbers", table)]
    intro = "Measured loss of the pruned model; lower is better."
    return _section("loss", "What pruning costs", intro, _grid(cards, " pairs"))


def _examples(domains, owners, numbers, cosines, members):
    items = []
    for member in members[np.argsort(-cosines[members], kind="stable")][:3]:
        owner, index = owners[member], numbers[member]
        text = domains[owner].documents[0][index]
        quote = " <q>%s</q>" % html.escape(" ".join(text.split())[:240]) if text else ""
        items.append("<li>%s<b>%s %d</b>%s</li>" % (_key(owner), html.escape(domains[owner].name), index, quote))
    return "<ul>%s</ul>" % "".join(items)


def _documents(domains, count):
    rows = np.concatenate([domain.documents[1] for domain in domains])
    owners = np.concatenate([np.full(len(domain.documents[1]), i) for i, domain in enumerate(domains)])
    numbers = np.concatenate([np.arange(len(domain.documents[1])) for domain in domains])
    count = min(count or min(32, max(2, round((len(rows) / 2) ** 0.5))), len(rows))
    labels, cosines, coordinates, parts = clusters.cluster(rows, count)
    groups = [(domain.name, i, [(x, y, "%s %d, cluster %d" % (domain.name, numbers[at], labels[at] + 1))
                                for at in np.flatnonzero(owners == i) for x, y in [coordinates[at, :2]]]) for i, domain in enumerate(domains)]
    groups = [group for group in groups if group[2]]
    plot = _keys([(name, colour) for name, colour, _ in groups]) + charts.scatter(
        groups, "Documents by routing", "first component, %.0f %% of the variance" % (100 * parts[0]),
        "second component, %.0f %%" % (100 * parts[1]))
    cards, pure = [_card("Each document a point", plot)], 0
    for cluster in range(count):
        members = np.flatnonzero(labels == cluster)
        if not len(members):
            continue
        sizes = np.bincount(owners[members], minlength=len(domains))
        pure += sizes.max()
        bar = "".join('<i class="s%d" style="flex:%d" title="%s: %d"></i>' % (i % charts.COLOURS, size, html.escape(domains[i].name), size)
                      for i, size in enumerate(sizes) if size)
        cards.append(_card("Cluster %d <span>%s</span>" % (cluster + 1, _count(len(members), "document")),
                           '<div class="bar">%s</div>%s' % (bar, _examples(domains, owners, numbers, cosines, members)), kind="card cluster"))
    intro = ("%s grouped by the experts that they use, not by their words: probabilities of all layers side by side, %s with 95 %% of the "
             "variance, spherical k-means with %d clusters. %.0f %% of the documents are in a cluster whose commonest domain is theirs. Each "
             "cluster shows the documents nearest its centre." % (
                 _count(len(rows), "document"), _count(len(parts), "principal component"), count, 100 * pure / len(rows)))
    return _section("documents", "Documents by routing", intro, _grid(cards))


# --- Page


def _title(domains):
    model = next((domain.model["name"] for domain in domains if isinstance(domain.model.get("name"), str) and domain.model["name"]), None)
    return "Experts of %s" % model if model else "Experts by domain"


def _lead(domains):
    first = domains[0]
    counts = sorted(set(first.experts))
    shared = sorted({int(np.isnan(layer).sum()) for layer in first.shares})
    span = lambda values: "%d" % values[0] if len(values) == 1 else "%d to %d" % (values[0], values[-1])
    text = "%s of %s experts" % (_count(len(first.shares), "layer"), span(counts))
    text += ", %s of them shared" % span(shared) if shared != [0] else ""
    tokens = sum(domain.data["tokens"] for domain in domains if isinstance(domain.data.get("tokens"), int))
    return text + "; %s%s." % (_count(len(domains), "domain"), ", %s" % _count(tokens, "token") if tokens else "")


def page(domains, losses=None, cluster_count=None):
    sections = [_routing(domains)]
    if len(domains) > 1:
        sections.append(_overlap(domains))
    sections.append(_mass(domains))
    if losses:
        sections.append(_loss(domains, losses))
    if sum(len(domain.documents[1]) for domain in domains) > 2:
        sections.append(_documents(domains, cluster_count))
    title = html.escape(_title(domains))
    links = "".join('<a href="#%s">%s</a>' % (name, heading) for name, heading, _ in sections)
    hashes = [domain.model["hash"] for domain in domains if isinstance(domain.model.get("hash"), str)]
    footer = "Made by emo from %s%s." % (_count(len(domains), "profile"), ", model %s" % html.escape(hashes[0][:16]) if hashes else "")
    return "\n".join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title>\n<style>%s</style>\n</head>\n<body>" % (title, style.CSS),
        '<header><h1>%s</h1><p class="lead">%s</p>%s<nav>%s</nav></header>' % (title, _lead(domains), _keys(_names(domains)), links),
        "<main>%s</main>" % "\n".join(body for _, _, body in sections),
        '<footer>%s</footer><div id="tip" hidden></div><script>%s</script>\n</body>\n</html>\n' % (footer, style.SCRIPT),
    ])

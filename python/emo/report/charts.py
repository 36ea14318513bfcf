# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inline SVG. Colours come from the page's style by class: s0-s7 for series, h0-h7 for the steps of heat maps."""
import html
import math

import numpy as np

WIDTH = 400
COLOURS = 8


def _n(value):
    return ("%.2f" % value).rstrip("0").rstrip(".")


def svg(height, label, body, attributes=""):
    return '<svg viewBox="0 0 %d %s" role="img" aria-label="%s"%s>%s</svg>' % (
        WIDTH, _n(height), html.escape(label), attributes, "".join(body))


def text(x, y, content, anchor="middle", extra=""):
    return '<text x="%s" y="%s" text-anchor="%s"%s>%s</text>' % (_n(x), _n(y), anchor, extra, html.escape(content))


def line(x1, y1, x2, y2, kind):
    return '<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>' % (kind, _n(x1), _n(y1), _n(x2), _n(y2))


def nice_ticks(low, high, count=5):
    """Round numbers from low to high."""
    if high <= low:
        return [low]
    raw = (high - low) / count
    step = 10 ** math.floor(math.log10(raw))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value):
    return "%d" % round(value) if abs(value - round(value)) < 1e-9 else "%.10g" % float("%.4g" % value)


# Steps of a heat map: an expert's share as a multiple of what each would have if all were used alike.
STEPS = (0.25, 0.5, 1, 2, 4, 8, 16)


def heat_map(domain):
    layers, most = len(domain.shares), max(domain.experts)
    left, top, right = 36, 4, 4
    width = (WIDTH - left - right) / most
    height = min(16.0, max(6.0, 150 / layers))
    gap = 0.8 if width > 5 else 0
    cells = {}
    for row, layer in enumerate(domain.shares):
        even = 1 / np.count_nonzero(~np.isnan(layer))
        for column, share in enumerate(layer):
            kind = "shared" if np.isnan(share) else "h%d" % np.searchsorted(STEPS, share / even)
            cells.setdefault(kind, []).append("M%s %sh%sv%sh-%sz" % (
                _n(left + column * width), _n(top + row * height), _n(width - gap), _n(height - gap), _n(width - gap)))
    body = ['<path class="%s" d="%s"/>' % (kind, "".join(paths)) for kind, paths in sorted(cells.items())]
    bottom = top + layers * height
    for row in range(0, layers, max(1, math.ceil(layers / 8))):
        body.append(text(left - 6, top + (row + 0.5) * height + 4, str(row), "end"))
    ticks = [tick for tick in nice_ticks(0, most - 1, 7) if tick == int(tick)]
    body += [text(left + (tick + 0.5) * width, bottom + 13, number(tick)) for tick in ticks]
    body.append(text((left + WIDTH) / 2, bottom + 29, "expert"))
    middle = (top + bottom) / 2
    body.append(text(9, middle, "layer", extra=' transform="rotate(-90 9 %s)"' % _n(middle)))
    values = ";".join(",".join("" if np.isnan(share) else "%d" % round(share * 1e5) for share in layer) for layer in domain.shares)
    place = ' data-heat="%s" data-place="%s,%s,%s,%s"' % (values, left, top, _n(width), _n(height))
    return svg(bottom + 34, "Experts that %s uses, by layer" % domain.name, body, place)


class Axes:
    """Maps numbers to places and draws the frame."""

    def __init__(self, xs, ys, x_label, y_label, x_ticks=None, x_log=False, y_zero=True, y_top=None, y_format=number, height=250):
        self.left, self.right, self.top, self.bottom = 50, WIDTH - 12, 26, height - 40
        self.height, self.x_log = height, x_log
        self.x_low, self.x_high = min(xs), max(xs)
        if self.x_low == self.x_high:
            self.x_low, self.x_high = self.x_low - 1 if self.x_low > 1 else 0.5, self.x_high + 1
        low, high = (0 if y_zero else min(ys)), y_top or max(ys)
        if low == high:
            low, high = low - 0.5, high + 0.5
        margin = 0 if y_top else 0.05 * (high - low)
        self.y_low, self.y_high = (low if y_zero else low - margin), high + margin
        self.labels = x_label, y_label
        self.x_ticks = x_ticks or nice_ticks(self.x_low, self.x_high, 6)
        self.y_ticks = nice_ticks(self.y_low, self.y_high, 5)
        self.y_format = y_format

    def x(self, value):
        place = (lambda v: math.log2(v)) if self.x_log else (lambda v: v)
        part = (place(value) - place(self.x_low)) / (place(self.x_high) - place(self.x_low))
        return self.left + part * (self.right - self.left)

    def y(self, value):
        return self.bottom - (value - self.y_low) / (self.y_high - self.y_low) * (self.bottom - self.top)

    def frame(self):
        body = []
        for tick in self.y_ticks:
            body.append(line(self.left, self.y(tick), self.right, self.y(tick), "grid"))
            body.append(text(self.left - 7, self.y(tick) + 4, self.y_format(tick), "end"))
        body.append(line(self.left, self.bottom, self.right, self.bottom, "axis"))
        for tick in self.x_ticks:
            body.append(line(self.x(tick), self.bottom, self.x(tick), self.bottom + 4, "axis"))
            body.append(text(self.x(tick), self.bottom + 17, number(tick)))
        body.append(text((self.left + self.right) / 2, self.height - 5, self.labels[0]))
        body.append(text(2, 12, self.labels[1], "start"))
        return body


def curves(series, axes, label, points=False, references=()):
    """`series`: (name, colour, [(x, y)]); lines in the page's series colours, references dashed."""
    body = axes.frame()
    for name, line_points in references:
        body.append('<polyline class="reference" points="%s"><title>%s</title></polyline>' % (_points(line_points, axes), html.escape(name)))
    for name, colour, line_points in series:
        dash = " dashed" if colour >= COLOURS else ""
        title = "<title>%s</title>" % html.escape(name)
        body.append('<polyline class="curve s%d%s" points="%s">%s</polyline>' % (colour % COLOURS, dash, _points(line_points, axes), title))
        if points:
            body += ['<circle class="dot s%d" cx="%s" cy="%s" r="3.2"><title>%s: %s, %s</title></circle>' % (
                colour % COLOURS, _n(axes.x(x)), _n(axes.y(y)), html.escape(name), number(x), number(y)) for x, y in line_points]
    return svg(axes.height, label, body)


def _points(values, axes):
    return " ".join("%s,%s" % (_n(axes.x(x)), _n(axes.y(y))) for x, y in values)


def scatter(groups, label, x_label, y_label):
    """`groups`: (name, colour, [(x, y, title)])."""
    xs = [point[0] for _, _, points in groups for point in points]
    ys = [point[1] for _, _, points in groups for point in points]
    axes = Axes(xs, ys, x_label, y_label, y_zero=False, height=330)
    spread = 0.03 * (axes.x_high - axes.x_low)
    axes.x_low, axes.x_high = axes.x_low - spread, axes.x_high + spread
    body = axes.frame()
    # Points of different groups by turns, so that no group hides another.
    marks = [(i / len(points), colour, point) for _, colour, points in groups for i, point in enumerate(points)]
    for _, colour, (x, y, title) in sorted(marks, key=lambda mark: mark[0]):
        body.append('<circle class="point s%d" cx="%s" cy="%s" r="3"><title>%s</title></circle>' % (
            colour % COLOURS, _n(axes.x(x)), _n(axes.y(y)), html.escape(title)))
    return svg(axes.height, label, body)

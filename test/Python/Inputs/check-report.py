# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# check-report.py PAGE: elements are closed, nothing is loaded from elsewhere, links lead to sections; prints the sections and what they have.
import html.parser
import sys

VOID = {"meta", "br", "circle", "path", "polyline", "line"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.counts, self.section = [], [], [], {}, None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert not {"src", "srcset", "data", "xlink:href"} & set(attributes), attributes
        assert tag not in ("link", "img", "iframe", "object", "embed"), tag
        if tag == "a":
            self.links.append(attributes["href"])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "section":
            self.section = attributes["id"]
        if self.section:
            count = self.counts.setdefault(self.section, {})
            count[tag] = count.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
        if tag == "section":
            self.section = None


with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
for word in ("http", "//", "@import", "url("):
    assert word not in text, word
assert len(set(page.ids)) == len(page.ids), page.ids
assert all(link[0] == "#" and link[1:] in page.ids for link in page.links), page.links
for section, counts in page.counts.items():
    print("%s: %s" % (section, ", ".join("%d %s" % (counts[tag], tag) for tag in ("figure", "svg", "table") if tag in counts)))

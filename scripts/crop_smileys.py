#!/usr/bin/env python3
"""crop_smileys.py SHEET.png INDEX.tsv OUT.png: the smileys of Noto Emoji's sheet, as datasets/emoji/smileys.png holds them.

SHEET.png and INDEX.tsv are those of datasets/emoji/README.md. OUT.png gets the cells of the category "Smileys & Emotion"
without the gaps between them, 13 a row, in the order of the index, with their transparency. Needs Pillow.
"""
import csv
import sys

from PIL import Image

SIDE, PITCH, COLUMNS = 32, 34, 13

sheet = Image.open(sys.argv[1]).convert("RGBA")
with open(sys.argv[2], encoding="utf-8") as index:
    cells = [row for row in csv.DictReader(index, delimiter="\t") if row["category"] == "Smileys & Emotion"]
out = Image.new("RGBA", (COLUMNS * SIDE, -(-len(cells) // COLUMNS) * SIDE))
for i, cell in enumerate(cells):
    x, y = int(cell["sheet_x"]) * PITCH + 1, int(cell["sheet_y"]) * PITCH + 1
    out.paste(sheet.crop((x, y, x + SIDE, y + SIDE)), (i % COLUMNS * SIDE, i // COLUMNS * SIDE))
out.save(sys.argv[3], optimize=True)
print(f"{sys.argv[3]}: {len(cells)} smileys")

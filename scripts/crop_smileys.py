#!/usr/bin/env python3
"""crop_smileys.py SHEET.png INDEX.tsv FOLDER: the smileys of Noto Emoji's sheet, a PNG each, as datasets/emoji/smileys holds them.

SHEET.png and INDEX.tsv are those of datasets/emoji/README.md: cells of 34 × 34 pixels with an image of 32 × 32 in the middle.
Those of the category "Smileys & Emotion" are cut out, with their transparency, and named by their code. Needs Pillow.
"""
import csv
import os
import sys

from PIL import Image

SIDE, PITCH = 32, 34

sheet = Image.open(sys.argv[1]).convert("RGBA")
os.makedirs(sys.argv[3], exist_ok=True)
count = 0
with open(sys.argv[2], encoding="utf-8") as index:
    for cell in csv.DictReader(index, delimiter="\t"):
        if cell["category"] == "Smileys & Emotion":
            x, y = int(cell["sheet_x"]) * PITCH + 1, int(cell["sheet_y"]) * PITCH + 1
            name = os.path.join(sys.argv[3], cell["unicode"].lower() + ".png")
            sheet.crop((x, y, x + SIDE, y + SIDE)).save(name, optimize=True)
            count += 1
print(f"{sys.argv[3]}: {count} smileys")

# On photos.
load KNOBS_FOLDER."/ladder.gp"

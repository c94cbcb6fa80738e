# On photos.
load KNOBS_FOLDER."/drift.gp"

# The recipes of lesson 10, for mistakes.gp and quality.gp: of kind k (see runs_read) its place in the list and its name.
eval runs_read
recipes = "right not-frozen no-detach no-zero-grad cleared-once one-optimizer"
recipe_names = '"The right recipe" "D not frozen in G''s step" "No detach in D''s step" "D''s zero\_grad forgotten" \
    "No detach, cleared once" "One optimizer for both"'
recipe(k) = place_in(recipes, kind[k])

// Exercise 07's check: four small tables.

int main(void) {
    const double held_out[] = {.80, .81, .82, .90, .70,
                               .86, .84, .84, .84}; // three rates, three seeds
    const double test[] = {.79, .88, .83};
    exercise_expect("the result of the rate that is best in the mean",
                    race_result(3, 3, held_out, test), .83, 0);
    exercise_expect("the same of the first two rates", race_result(2, 3, held_out, test), .88, 0);
    const double equal[] = {.8, .8, .8, .8}, tests[] = {.7, .9};
    exercise_expect("the result of two equal rates", race_result(2, 2, equal, tests), .7, 0);
    const double diverged[] = {NAN, .9, .2, .3};
    exercise_expect("the result where the first rate diverges", race_result(2, 2, diverged, tests),
                    .9, 0);
    const double last[] = {.2, .3, .9, NAN};
    exercise_expect("the result where the last one does", race_result(2, 2, last, tests), .7, 0);
    return exercise_solved("make lesson-07 ARGS=\"--optimizer adam\"; lesson 08");
}

// Exercise 04's check: the lesson's own counts.

int main(void) {
    exercise_expect("steps at condition 1 and lr 1", ravine_steps(1, 1), 1, 0);
    exercise_expect("steps at condition 100 and lr 2/101", ravine_steps(2.0 / 101, 100), 709, 0);
    exercise_expect("steps at lr .0199", ravine_steps(.0199, 100), 1375, 0);
    exercise_expect("steps at lr .0201, which diverges,", ravine_steps(.0201, 100), -1, 0);
    exercise_expect("steps at condition 10 and lr .1818", ravine_steps(.1818, 10), 71, 0);
    return exercise_solved("build/lesson-04 --lr 0.0199 --csv - >out/walk.csv; lesson 05");
}

// Exercise 10's check: where D knows nothing, where it is sure, and beside the framework's losses.

int main(void) {
    const double zero[] = {0, 0}, sure[] = {60, 60}, not_at_all[] = {-60, -60};
    exercise_expect("the loss of a D that says 1/2 of all", loss_of_d(2, zero, zero), 2 * log(2),
                    1e-9);
    exercise_expect("the loss of a G of whose fakes D says 1/2", loss_of_g(2, zero), log(2), 1e-9);
    exercise_expect("the loss of a D that is right and sure", loss_of_d(2, sure, not_at_all), 0,
                    1e-9);
    exercise_expect("the loss of a D that is wrong and sure", loss_of_d(2, not_at_all, sure), 120,
                    1e-6);
    exercise_expect("the loss of a G that D has seen through", loss_of_g(2, not_at_all), 60, 1e-6);
    const double r[] = {1.5, -0.5, 0.25}, f[] = {-2, 0.75, 0.5};
    const real reals[] = {1.5, -0.5, 0.25}, fakes[] = {-2, 0.75, 0.5};
    Tape *tape = tape_new();
    Tensor *truth = tape_copy(tape, SHAPE(3, 1), reals),
           *fake = tape_copy(tape, SHAPE(3, 1), fakes);
    exercise_expect("the loss of D for six other points", loss_of_d(3, r, f),
                    tensor_item(gan_discriminator_loss(GAN_NON_SATURATING, truth, fake, 1)), 1e-5);
    exercise_expect("the loss of G for three of them", loss_of_g(3, f),
                    tensor_item(gan_generator_loss(GAN_NON_SATURATING, fake)), 1e-5);
    tape_free(tape);
    return exercise_solved("discriminator_step in lesson.c, and its detach; lesson 11");
}

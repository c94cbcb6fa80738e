// Exercise 09's check: in whose group each parameter is, and with which knobs.
#include <string.h>

static void expect_knobs(const Optimizer *optimizer, const Parameter *p) {
    int groups = 0, group = 0;
    for (int i = 0; i < optimizer->group_count; i++)
        if (parameter_list_holds(&optimizer->groups[i].parameters, p)) {
            groups++;
            group = i;
        }
    char what[128];
    snprintf(what, sizeof what, "in how many groups %s is", p->name);
    exercise_expect(what, groups, 1, 0);
    snprintf(what, sizeof what, "lr of %s", p->name);
    exercise_expect(what, optimizer_get(optimizer, group, "lr"),
                    strncmp(p->name, "head", 4) ? 0.001 : 0.01, 1e-12);
    snprintf(what, sizeof what, "weight_decay of %s", p->name);
    exercise_expect(what, optimizer_get(optimizer, group, "weight_decay"),
                    p->tensor.shape.rank > 1 ? 0.05 : 0, 1e-12);
}

int main(void) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "conv1", conv2d_new(1, 8, 3));
    sequential_append(network, "bn1", batch_norm_new(8));
    sequential_append(network, "head", linear_new(8, 10));
    const ParameterList all = module_parameters(network);
    Optimizer *optimizer = optimizer_for(network);
    for (int i = 0; i < all.count; i++)
        expect_knobs(optimizer, all.items[i]);
    optimizer_free(optimizer);
    module_free(network);
    return exercise_solved("groups_by_role in lesson.c, where a group joins later; lesson 10");
}

#include "instruments/ownership.h"

#include "files/table.h"

static void write_group(Table *table, int number, const ParameterGroup *group) {
    const ParameterList *owned = &group->parameters;
    table_row(table, "group,%d,%s,,%zu", number, group->name, parameter_list_size(owned));
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const double value = group->hyperparameters.values[id];
        if (!isnan(value)) // NaN: the algorithm has no such knob
            table_row(table, "knob,%d,%s,%g,", number, hyperparameter_name(id), value);
    }
    for (int i = 0; i < owned->count; i++)
        table_row(table, "pointer,%d,%s,,%zu", number, owned->items[i]->name,
                  owned->items[i]->tensor.size);
}

bool ownership_write(const char *folder, const char *name, const ParameterList *model,
                     const Optimizer *optimizer, Error *error) {
    Table *table = table_open(folder, name, "kind,group,name,value,count");
    for (int i = 0; i < model->count; i++)
        table_row(table, "parameter,,%s,%s,%zu", model->items[i]->name,
                  shape_label(model->items[i]->tensor.shape).text, model->items[i]->tensor.size);
    table_row(table, "algorithm,,%s,,", optimizer->algorithm->name);
    for (int g = 0; g < optimizer->group_count; g++)
        write_group(table, g, &optimizer->groups[g]);
    return table_close(table, error);
}

#include "instruments/ownership.h"

#include <stdlib.h>

#include "base/file.h"
#include "files/table.h"

// A module without children is a layer; so is one that has parameters of its own.
static void write_layers(Table *table, const Module *module, const char *path) {
    const ParameterList *own = &module->parameters;
    if (module->child_count == 0 || own->count)
        table_row(table, "layer,,%s,%s,%d", path, module->kind, own->count);
    for (int i = 0; i < own->count; i++)
        table_row(table, "parameter,,%s,%s,%zu", own->items[i]->name,
                  shape_label(own->items[i]->tensor.shape).text, own->items[i]->tensor.size);
    for (int i = 0; i < module->child_count; i++) {
        const Module *child = module->children[i];
        char *name = path_format("%s%s%s", path, *path ? "." : "", child->name);
        write_layers(table, child, name);
        free(name);
    }
}

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

bool ownership_write(const char *folder, const char *name, const Module *model,
                     const Optimizer *optimizer, Error *error) {
    Table *table = table_open(folder, name, "kind,group,name,value,count");
    write_layers(table, model, "");
    table_row(table, "algorithm,,%s,,", optimizer->algorithm->name);
    for (int g = 0; g < optimizer->group_count; g++)
        write_group(table, g, &optimizer->groups[g]);
    return table_close(table, error);
}

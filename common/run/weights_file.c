#include "run/weights_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "files/safetensors.h"

// --- names ---------------------------------------------------------------------------------------

// The last part of a dotted name.
static const char *last_part(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static bool is_under(const char *name, const char *part) {
    const size_t length = part ? strlen(part) : 0;
    return part && strncmp(name, part, length) == 0 && (!name[length] || name[length] == '.');
}

// Parameters, then buffers, but what is under `without`.
static ParameterList tensors_of(const Module *module, const char *without) {
    const ParameterList all =
        parameter_list_join(module_parameters(module), module_buffers(module));
    ParameterList list = {0};
    for (int i = 0; i < all.count; i++)
        if (!is_under(all.items[i]->name, without))
            parameter_list_append(&list, all.items[i]);
    return list;
}

// Whether PyTorch's state_dict of these tensors has that name: "1.num_batches_tracked" stands
// beside "1.running_mean".
static bool is_expected(const ParameterList *list, const char *name) {
    const size_t before = (size_t)(last_part(name) - name);
    const bool counts = strcmp(name + before, "num_batches_tracked") == 0;
    for (int i = 0; i < list->count; i++) {
        const char *ours = list->items[i]->name;
        if (strcmp(ours, name) == 0 || (counts && strncmp(ours, name, before) == 0 &&
                                        strcmp(ours + before, "running_mean") == 0))
            return true;
    }
    return false;
}

// --- what doesn't fit ----------------------------------------------------------------------------

enum { NAMED_MAX = 3 };

// How many tensors have a fault, and the first of them by name.
typedef struct Fault {
    int count;
    char names[480];
} Fault;

static void fault_add(Fault *fault, const char *name, const char *more) {
    if (fault->count < NAMED_MAX)
        buffer_append(fault->names, sizeof fault->names, "%s%.60s%s", fault->count ? ", " : ": ",
                      name, more);
    else if (fault->count == NAMED_MAX)
        buffer_append(fault->names, sizeof fault->names, ", …");
    fault->count++;
}

static void fault_add_type(Fault *fault, const Parameter *parameter,
                           const SafetensorsEntry *found) {
    char more[288];
    snprintf(more, sizeof more, " is %s, expected F32 %s", safetensors_type_text(found).text,
             shape_text(parameter->tensor.shape).text);
    fault_add(fault, parameter->name, more);
}

static bool file_fits(const SafetensorsFile *file, const char *path, const ParameterList *list,
                      const char *without, Error *error) {
    Fault missing = {0}, unexpected = {0}, different = {0};
    for (int i = 0; i < list->count; i++) {
        const SafetensorsEntry *found = safetensors_find(file, list->items[i]->name);
        if (!found)
            fault_add(&missing, list->items[i]->name, "");
        else if (!safetensors_is_floating(found) ||
                 !shape_equal(found->shape, list->items[i]->tensor.shape))
            fault_add_type(&different, list->items[i], found);
    }
    for (int i = 0; i < file->count; i++) {
        const char *name = file->entries[i].name;
        if (!is_under(name, without) && !is_expected(list, name))
            fault_add(&unexpected, name, "");
    }
    return missing.count + unexpected.count + different.count == 0 ||
           error_set(error,
                     "%s: the weights of another network: %d missing%s; %d unexpected%s; %d of "
                     "another shape or type%s",
                     path, missing.count, missing.names, unexpected.count, unexpected.names,
                     different.count, different.names);
}

// --- loading -------------------------------------------------------------------------------------

static void mark_initialised(Module *module, const char *without) {
    if (!module->parameters.count || !is_under(module->parameters.items[0]->name, without))
        module->initialised = true;
    for (int i = 0; i < module->child_count; i++)
        mark_initialised(module->children[i], without);
}

bool weights_load(const char *path, Module *module, const char *without, Error *error) {
    SafetensorsFile *file = safetensors_open(path, error);
    if (!file)
        return false;
    const ParameterList list = tensors_of(module, without);
    const bool fits = file_fits(file, path, &list, without, error);
    for (int i = 0; fits && i < list.count; i++) {
        Parameter *parameter = list.items[i];
        safetensors_copy_reals(safetensors_find(file, parameter->name), parameter->tensor.data);
        parameter_clear_grad(parameter); // it belonged to the old value
        parameter_changed(parameter);
    }
    if (fits)
        mark_initialised(module, without);
    safetensors_close(file);
    return fits;
}

// --- saving --------------------------------------------------------------------------------------

static SafetensorsEntry single_entry(const Parameter *parameter) {
    const Tensor *tensor = &parameter->tensor;
    float *numbers = memory_alloc(tensor->size * sizeof *numbers);
    for (size_t i = 0; i < tensor->size; i++)
        numbers[i] = (float)tensor->data[i];
    return (SafetensorsEntry){memory_string(parameter->name), DTYPE_F32, tensor->shape, numbers};
}

static SafetensorsEntry batch_count_entry(const char *running_mean) {
    const int before = (int)(last_part(running_mean) - running_mean);
    char *name = path_format("%.*snum_batches_tracked", before, running_mean);
    return (SafetensorsEntry){name, DTYPE_I64, SHAPE_SCALAR, memory_zeroed(1, sizeof(int64_t))};
}

bool weights_save(const char *path, const Module *module, Error *error) {
    const ParameterList list = tensors_of(module, NULL);
    SafetensorsEntry entries[2 * PARAMETER_LIST_CAPACITY];
    int count = 0;
    for (int i = 0; i < list.count; i++) {
        entries[count++] = single_entry(list.items[i]);
        if (strcmp(last_part(list.items[i]->name), "running_mean") == 0)
            entries[count++] = batch_count_entry(list.items[i]->name);
    }
    const bool saved = safetensors_save(path, entries, count, error);
    for (int i = 0; i < count; i++) {
        free(entries[i].data);
        free((char *)entries[i].name);
    }
    return saved;
}

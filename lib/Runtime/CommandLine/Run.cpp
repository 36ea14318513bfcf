// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME run: .npy files in, .npy files out.
#include "../Npy.h"
#include "Commands.h"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <sys/stat.h>

using namespace emo::rt;

static std::string fileNames(const emo_value_desc *values, int32_t count) {
  std::string names;
  for (int32_t i = 0; i < count; ++i)
    names += (i ? ", " : "") + npyFileName(values[i].name);
  return names;
}

static bool isFileOf(const emo_value_desc *values, int32_t count, const std::string &file) {
  for (int32_t i = 0; i < count; ++i)
    if (npyFileName(values[i].name) == file)
      return true;
  return false;
}

/// A misspelt name would else go unnoticed where a stale file of the right name lies beside it. Outputs of an earlier run may be there.
static bool checkFolder(const std::string &folder, const emo_entry_desc &entry, std::string &error) {
  DIR *dir = opendir(folder.c_str());
  if (!dir) {
    error = "cannot open the folder '" + folder + "': " + strerror(errno);
    return false;
  }
  std::string extra;
  while (const dirent *item = readdir(dir)) {
    std::string file = item->d_name;
    bool npy = file.size() > 4 && file.compare(file.size() - 4, 4, ".npy") == 0;
    if (npy && !isFileOf(entry.inputs, entry.num_inputs, file) && !isFileOf(entry.outputs, entry.num_outputs, file) &&
        (extra.empty() || file < extra))
      extra = file;
  }
  closedir(dir);
  if (extra.empty())
    return true;
  error = "'" + folder + "/" + extra + "' is no input of '" + entry.name + "', which takes " + fileNames(entry.inputs, entry.num_inputs);
  return false;
}

int emo::rt::runEntryOnFiles(emo_model *model, const char *name, const std::string &inputs, const std::string &outputs) {
  std::string error;
  const emo_entry_desc *entry = requireEntry(model, name, error);
  if (!entry || !checkFolder(inputs, *entry, error))
    return fail(error);
  std::vector<NpyArray> arrays(entry->num_inputs);
  std::vector<emo_tensor> in(entry->num_inputs), out(entry->num_outputs);
  for (int32_t i = 0; i < entry->num_inputs; ++i) {
    const emo_value_desc &desc = entry->inputs[i];
    if (!readNpy(inputs + "/" + npyFileName(desc.name), arrays[i], error))
      return fail(error);
    in[i] = arrays[i].tensor;
    if (desc.dtype == EMO_BF16 && in[i].dtype == EMO_U16)
      in[i].dtype = EMO_BF16;
  }
  struct stat info;
  bool isFolder = stat(outputs.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  if (!isFolder && mkdir(outputs.c_str(), 0777) != 0)
    return fail("cannot make the folder '" + outputs + "': " + strerror(errno));
  char message[1024];
  if (emo_run(model, name, in.data(), in.size(), out.data(), out.size(), message, sizeof message) != 0)
    return fail(message);
  int status = 0;
  for (int32_t i = 0; i < entry->num_outputs; ++i) {
    if (status == 0 && !writeNpy(outputs + "/" + npyFileName(entry->outputs[i].name), out[i], error))
      status = fail(error);
    emo_release(&out[i]);
  }
  return status;
}

int emo::rt::runCommand(const std::vector<std::string> &args, const Loader &load) {
  std::map<std::string, bool> known = {{"--inputs", true}, {"--outputs", true}};
  addModelFlags(known);
  Flags flags("run", known);
  std::string error;
  if (!flags.parse(args, error) || !flags.require("--inputs", error) || !flags.require("--outputs", error))
    return fail(error);
  ModelPtr model = openModel(flags, load, error);
  if (!model)
    return fail(error);
  return runEntryOnFiles(model.get(), "forward", flags.text("--inputs"), flags.text("--outputs"));
}

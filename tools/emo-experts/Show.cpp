// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// show: what a set keeps, or what a profile measured.
#include "../common/TextOutput.h"
#include "Commands.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <set>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;
namespace cl = llvm::cl;
namespace json = llvm::json;

namespace {
class ShowCommand : public Command {
public:
  ShowCommand() : Command("show", "Print an expert set or a profile") {}
  int run() override;

private:
  int showSet(ExpertSet set);
  int showProfile(const Profile &profile);
  int print(json::Object object, llvm::function_ref<void(llvm::raw_ostream &)> text);

  cl::opt<std::string> file{cl::Positional, cl::desc("FILE"), cl::sub(subcommand)};
  cl::opt<std::string> profileFile{"profile", cl::desc("A profile to measure a set by"), cl::value_desc("file"), cl::sub(subcommand)};
  cl::opt<bool> asJson{"json", cl::desc("Print JSON"), cl::sub(subcommand)};
};
} // namespace

template <typename Range>
static std::string numbers(const Range &range, StringRef separator) {
  return llvm::join(llvm::map_range(range, [](int64_t number) { return std::to_string(number); }), separator);
}

/// "maths.calib.npy: 49 documents, 13374 tokens" of an entry of `data`.
static std::string dataText(const json::Value &value) {
  const json::Object *data = value.getAsObject();
  if (!data)
    return "";
  std::vector<std::string> files, numbers;
  if (const json::Array *array = data->getArray("files"))
    for (const json::Value &name : *array)
      if (std::optional<StringRef> text = name.getAsString())
        files.push_back(text->str());
  if (files.empty())
    if (std::optional<StringRef> profile = data->getString("profile"))
      files.push_back(profile->str());
  for (StringRef key : {"documents", "tokens"})
    if (std::optional<int64_t> number = data->getInteger(key))
      numbers.push_back((Twine(*number) + " " + key).str());
  return llvm::join(files, ", ") + (files.empty() || numbers.empty() ? "" : ": ") + llvm::join(numbers, ", ");
}

static void printHead(llvm::raw_ostream &os, const ModelInfo &model, const json::Value &data, const Twine &how) {
  if (!model.name.empty() || !model.hash.empty())
    os << "model: " << model.name << (model.name.empty() || model.hash.empty() ? "" : ", ")
       << (model.hash.empty() ? "" : "hash " + StringRef(model.hash).take_front(16).str()) << "\n";
  os << how;
  if (const json::Array *entries = data.getAsArray()) {
    for (const json::Value &entry : *entries)
      if (std::string text = dataText(entry); !text.empty())
        os << "made from " << text << "\n";
  } else if (std::string text = dataText(data); !text.empty()) {
    os << "made from " << text << "\n";
  }
}

int ShowCommand::print(json::Object object, llvm::function_ref<void(llvm::raw_ostream &)> text) {
  std::string problem = writeTextFile("", [&](llvm::raw_ostream &os) {
    if (asJson)
      os << llvm::formatv("{0:2}\n", json::Value(std::move(object)));
    else
      text(os);
  });
  return problem.empty() ? 0 : fail(problem);
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

int ShowCommand::showSet(ExpertSet set) {
  std::optional<Profile> profile;
  if (profileFile.getNumOccurrences()) {
    llvm::Expected<Profile> read = readProfile(profileFile);
    if (!read)
      return fail(read.takeError());
    Notes notes;
    if (llvm::Error error = checkAgainst(set, modelExperts(*read), notes))
      return fail(std::move(error));
    printNotes(notes);
    if (set.model.json.kind() == json::Value::Null)
      set.model = read->model;
    profile = std::move(*read);
  }
  std::optional<int64_t> bytes = keptBytes(set);
  json::Array layers;
  Table table(profile ? "rrrrl" : "rrrl");
  auto row = [&](std::vector<std::string> cells, std::string mass, std::string ids) {
    if (profile)
      cells.push_back(std::move(mass));
    cells.push_back(std::move(ids));
    table.add(std::move(cells));
  };
  row({"layer", "kept", "of"}, "router mass", "experts");
  for (auto [number, keep] : llvm::enumerate(set.keep)) {
    int64_t experts = set.experts[number];
    std::optional<double> mass = profile ? retainedMass(profile->layers[number], "router_probability", keep) : std::nullopt;
    json::Object layer{{"keep", json::Array(keep)}, {"kept", keep.size()}, {"shared", json::Array(set.shared[number])}};
    if (experts)
      layer["experts"] = experts;
    if (mass)
      layer["router_mass"] = *mass;
    layers.push_back(std::move(layer));
    row({std::to_string(number), std::to_string(keep.size()), experts ? std::to_string(experts) : "?"}, percentText(mass), idText(keep));
  }
  json::Object object{{"kind", "expert set"}, {"file", json::fixUTF8(set.file)}, {"model", set.model.json}, {"data", set.data},
                      {"policy", set.policy}, {"keep", set.amount}, {"compiler", set.compiler}, {"layers", std::move(layers)}};
  if (bytes)
    object["bytes"] = *bytes;
  return print(std::move(object), [&](llvm::raw_ostream &os) {
    std::string how;
    if (!set.policy.empty() || !set.amount.empty())
      how = "chosen by " + (set.policy.empty() ? "hand" : set.policy) + (set.amount.empty() ? "" : ", keep " + set.amount) + "\n";
    printHead(os, set.model, set.data, how);
    if (bytes)
      os << "weights: " << bytesText(*bytes) << " of " << bytesText(*set.model.weightsBytes) << ", "
         << percentText(double(*bytes) / double(*set.model.weightsBytes)) << "\n";
    table.print(os);
  });
}

//===----------------------------------------------------------------------===//
// Profiles
//===----------------------------------------------------------------------===//

int ShowCommand::showProfile(const Profile &profile) {
  constexpr std::pair<const char *, double> parts[] = {{"0.5", 0.5}, {"0.9", 0.9}, {"0.95", 0.95}, {"0.99", 0.99}};
  std::set<std::string> scores;
  std::set<int64_t> greedy;
  json::Array layers;
  Table table("rrrrrrrl");
  table.add({"layer", "experts", "shared", "for 50 %", "90 %", "95 %", "99 %", "most used"});
  for (auto [number, layer] : llvm::enumerate(profile.layers)) {
    std::vector<std::string> row = {std::to_string(number), std::to_string(layer.experts), std::to_string(layer.shared.size())};
    json::Object object{{"experts", layer.experts}, {"shared", json::Array(layer.shared)}};
    for (auto &[key, values] : layer.scores)
      scores.insert(key);
    for (auto &[count, ids] : layer.greedy)
      greedy.insert(count);
    const std::vector<double> *probability = layer.find("router_probability");
    std::vector<int64_t> ranked = rankExperts(layer, probability ? *probability : std::vector<double>(layer.experts));
    json::Object needed;
    for (auto [name, part] : parts) {
      row.push_back(probability ? std::to_string(expertsForMass(ranked, *probability, part)) : "-");
      if (probability)
        needed[name] = expertsForMass(ranked, *probability, part);
    }
    if (probability) {
      ranked.resize(std::min<size_t>(ranked.size(), 4));
      row.push_back(numbers(ranked, " "));
      object["routed_experts_for_mass"] = std::move(needed);
    } else {
      row.push_back("-");
    }
    table.add(std::move(row));
    layers.push_back(std::move(object));
  }
  json::Object object{{"kind", "profile"}, {"file", json::fixUTF8(profile.file)}, {"model", profile.model.json}, {"data", profile.data},
                      {"policy", profile.policy}, {"compiler", profile.compiler}, {"scores", json::Array(scores)},
                      {"greedy", json::Array(greedy)}, {"layers", std::move(layers)}};
  return print(std::move(object), [&](llvm::raw_ostream &os) {
    std::string how = "scores: " + (scores.empty() ? "none" : llvm::join(scores, ", ")) + "\n";
    if (!greedy.empty())
      how += "greedy choices for " + numbers(greedy, ", ") + " experts\n";
    printHead(os, profile.model, profile.data, how);
    os << "routed experts that have a part of the router's probability, and the four with the most:\n";
    table.print(os);
  });
}

int ShowCommand::run() {
  if (file.empty())
    return fail("show expects FILE, an expert set or a profile");
  llvm::Expected<bool> profile = isProfileFile(file);
  if (!profile)
    return fail(profile.takeError());
  Notes notes;
  if (*profile) {
    if (profileFile.getNumOccurrences())
      return fail("--profile is for expert sets; '" + file + "' is a profile itself");
    llvm::Expected<Profile> read = readProfile(file);
    return read ? showProfile(*read) : fail(read.takeError());
  }
  llvm::Expected<ExpertSet> set = readExpertSet(file, notes);
  if (!set)
    return fail(set.takeError());
  printNotes(notes);
  return showSet(std::move(*set));
}

std::unique_ptr<Command> emo::makeShowCommand() { return std::make_unique<ShowCommand>(); }

// SPDX-License-Identifier: GPL-3.0-or-later
// DataVerbs: what the verbs of `luthier data` share: their flags, how they open files and say how far they are.
// A verb is one row of kVerbs in cmd_data.cpp and one function in a <noun>.cpp beside this. Torch-free.
#pragma once

#include "core/cli/command.h"
#include "core/cli/row_choice.h"
#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/formats/row_writer.h"
#include "core/data/row_walk.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luthier::store {
class Project;
}

namespace luthier::cli {

struct DataVerb;

// What `data edit` does to a row; one of its ways.
struct RowEdit {
    std::int64_t row = 0;             // from 1
    std::int64_t turn = 0;            // from 1; 0: not named
    std::string field;
    std::optional<std::string> set;
    std::optional<std::string> add;
    std::optional<std::string> split; // before this text
    std::string role;                 // of the turn, or of the one that is added
    std::string move;                 // up, down
    bool remove = false;
    bool merge = false;
    bool revert = false;
};

struct DataFlags {
    std::vector<std::string> files;
    std::string format = "auto";
    std::vector<std::string> columns; // "field=column"
    std::string model;
    std::int64_t maxLength = 1024;
    std::int64_t first = 20;
    std::string out;
    bool near = false;
    double similarity = 0.8;
    std::string against;              // held-out file to compare with
    double share = 0.1;               // held out, or general rows of the mixture
    std::int64_t seed = 42;
    std::string by;                   // field to stratify by
    bool byTag = false;               // or by the tags that the project knows
    std::vector<double> weights;
    std::string general;
    std::int64_t rows = 0;
    std::vector<std::string> ways;    // augmentations
    double strength = 0.1;
    std::int64_t times = 1;
    double heldOutShare = 0;
    std::string to;                   // shape to write
    std::int64_t keep = 100;          // diverse rows
    std::int64_t maxRows = 100000;    // of a map
    std::string features = "hashed";  // or model: by the embeddings of its tokens
    bool promptsAlone = false;
    std::vector<std::string> adapters;
    std::string run;                  // folder of a run
    std::string project;
    std::int64_t runId = 0;
    std::string sort = "hardest";
    std::string only;                 // never_learned or suspect; empty: all
    std::int64_t step = 1;
    std::int64_t maxNew = 256;
    double temperature = 0.8;
    bool all = false;                 // accept what was not rejected
    std::string find;                 // to replace
    std::string with;
    std::string field;                // empty: every field
    bool regex = false;
    bool matchCase = false;
    bool wholeWords = false;
    bool save = false;                // replaced rows become an edit of the project
    RowChoice choice;
    RowEdit edit;
    std::string addTag;
    std::string removeTag;
    std::int64_t steps = 1;           // to undo or do again
    std::string action = "list";      // of versions
    std::vector<std::string> arguments;
    const DataVerb* verb = nullptr;
};

struct DataVerb {
    const char* name;
    const char* summary;
    void (*flags)(CLI::App&, DataFlags&); // beside the files and --format; null: none
    int (*run)(const DataFlags&, Context&);
};

// With the edits and left-out rows of the project: the one given, else that of --project. Without either as it lies there.
Result<std::shared_ptr<data::Dataset>> openData(const std::string& file, const DataFlags& flags, Context& context,
                                                store::Project* project = nullptr);
Result<data::Encoder> loadEncoder(const DataFlags& flags); // without --model one that has no tokenizer
data::WalkOptions walkOptions(const std::string& what, Context& context);
Json rowsFromOne(const std::vector<std::int64_t>& rows); // counted from 1

// The row as it stands, or in the shape of --to. Errors name file and row.
Result<Json> shapedRow(const data::Dataset& dataset, std::int64_t row, const std::string& to);

Result<std::vector<std::shared_ptr<data::Dataset>>> openAll(const std::vector<std::string>& files, const DataFlags& flags,
                                                            Context& context);
// Every row but the surplus ones (from 0, ascending) into --out, bad ones too: what cannot be compared is not thrown away
// in silence. Gives how many were written.
Result<std::int64_t> writeRest(const data::Dataset& dataset, const std::vector<std::int64_t>& surplus, const DataFlags& flags,
                               Context& context);
// The result as JSON or as a sentence; gives kDone.
int tell(const Json& object, const std::string& sentence, Context& context);

int showRows(const DataFlags& flags, Context& context);
int checkFiles(const DataFlags& flags, Context& context);
int fileStats(const DataFlags& flags, Context& context);
int dedupeFiles(const DataFlags& flags, Context& context);
int splitFiles(const DataFlags& flags, Context& context);
int mixFiles(const DataFlags& flags, Context& context);
int augmentFiles(const DataFlags& flags, Context& context);
int mapFiles(const DataFlags& flags, Context& context);
int diverseRows(const DataFlags& flags, Context& context);
int overlapFiles(const DataFlags& flags, Context& context);
int rowLosses(const DataFlags& flags, Context& context);
int batchRows(const DataFlags& flags, Context& context);
int generateRows(const DataFlags& flags, Context& context);
int acceptRows(const DataFlags& flags, Context& context);
int replaceRows(const DataFlags& flags, Context& context);
int convertFiles(const DataFlags& flags, Context& context);
int tagRows(const DataFlags& flags, Context& context);
int excludeRows(const DataFlags& flags, Context& context);
int includeRows(const DataFlags& flags, Context& context);
int editRow(const DataFlags& flags, Context& context);
int fileVersions(const DataFlags& flags, Context& context);
int undoSteps(const DataFlags& flags, Context& context);
int redoSteps(const DataFlags& flags, Context& context);
int showHistory(const DataFlags& flags, Context& context);

void tagFlags(CLI::App& app, DataFlags& flags);
void markFlags(CLI::App& app, DataFlags& flags);
void editFlags(CLI::App& app, DataFlags& flags);
void versionFlags(CLI::App& app, DataFlags& flags);
void stepFlags(CLI::App& app, DataFlags& flags);
void historyFlags(CLI::App& app, DataFlags& flags);

} // namespace luthier::cli

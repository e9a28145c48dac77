// SPDX-License-Identifier: GPL-3.0-or-later
// Judging: two answers to the same question, whose makers are hidden and whose sides are drawn, and what people say of them.
//
// Ties and "both bad" count half for both, as arena-rank counts them; skipped pairs count for nothing. The last vote of a judge on a pair is
// the one that counts.
//
// Threads: plain values; free functions, any thread.
#pragma once

#include "core/base/json.h"
#include "core/data/example.h"
#include "core/statistics/bradley_terry.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::evaluation {

struct JudgedPair {
    std::int64_t number = 0;              // from 1, in its judging
    std::vector<data::Message> prompt;
    std::string first;                    // systems: "base", "tuned"
    std::string second;
    std::string firstAnswer;
    std::string secondAnswer;
    std::string reference;                // empty: none is known
};
Json toJson(const JudgedPair& pair);
Result<JudgedPair> judgedPairFromJson(const Json& json);

enum class Choice { Left, Right, Tie, BothBad, Skip };
struct ChoiceRow {
    Choice choice;
    const char* id;    // stored: "left"
    const char* label; // English source string
    const char* key;   // that a person presses
};
inline constexpr ChoiceRow kChoices[] = {
    {Choice::Left, "left", "Left is better", "1"}, {Choice::Right, "right", "Right is better", "2"}, {Choice::Tie, "tie", "As good", "3"},
    {Choice::BothBad, "both_bad", "Both bad", "4"}, {Choice::Skip, "skip", "Skip", "5"},
};
const ChoiceRow& rowOf(Choice choice);
Result<Choice> choiceOf(std::string_view id);

struct Vote {
    std::int64_t pair = 0;     // number of the pair
    std::string judge;
    Choice choice = Choice::Skip;
    bool isSwapped = false;    // the second system's answer stood on the left
    std::string note;
    std::string correction;    // what would have been right, written by the judge; empty: nothing
    double seconds = 0;        // that the judge took
    std::string created;       // ISO 8601, UTC
    // What both answers are worth by a criterion, 1 to 5 each: first and second system. Criteria that were not judged are missing.
    std::map<std::string, std::pair<int, int>> scores = {};
};

// Judges that are models are called so, and their notes say where the order of the answers decided.
inline constexpr const char* kModelJudge = "model: ";
inline constexpr const char* kOrderDecided = "the order decided";
bool isModel(std::string_view judge);
std::vector<Vote> votesOfPeople(const std::vector<Vote>& votes);

// Whether the second system stands on the left: drawn by the judging's seed, the pair and the judge, so that it is the same again on another
// day and unknown to whoever judges.
bool isSwapped(std::uint64_t seed, std::int64_t pair, std::string_view judge);

// How the second system fared: 1 won, 0.5 neither, 0 lost. Not of skipped votes.
double outcomeOfSecond(const Vote& vote);

// The last vote of each judge on each pair, in the order of pairs.
std::vector<Vote> votesThatCount(const std::vector<Vote>& votes);

struct Tally {
    std::int64_t pairs = 0;    // in all
    std::int64_t judged = 0;   // pairs with a vote that is no skip
    std::int64_t won = 0;      // votes for the second system, of counting ones
    std::int64_t lost = 0;
    std::int64_t ties = 0;
    std::int64_t bothBad = 0;
    std::int64_t skipped = 0;
    double rate = 0;           // of the second system; NaN where nothing was judged
    // Of 95 %, over pairs and judges: judges of one pair count together, and where judges or pairs of one question stick together, it is as wide as
    // so few of them leave it.
    statistics::Interval interval;
    double leftRate = 0;       // how often the left side won, of those that one side won: 0.5 without a habit
    double longerRate = 0;     // how often the longer answer won, of those: what length alone does
    std::string sentence;      // what is clear so far
    bool isClear = false;      // half lies outside of the interval
    bool isContradicted = false; // it would be clear if judges did not contradict each other
};
// Of pairs of these two systems.
Tally tallyOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes, const std::string& first, const std::string& second);

// By one criterion: means of both systems and how far apart they are.
struct CriterionScore {
    std::string criterion;
    std::int64_t pairs = 0;
    double first = 0;
    double second = 0;
    statistics::Interval difference; // second minus first, 95 %, of pairs (Student's t); NaN at both ends of one pair
};
std::vector<CriterionScore> criterionScores(const std::vector<std::string>& criteria, const std::vector<Vote>& votes);

struct SystemRating {
    std::string system;
    statistics::Rating rating;
};
// Over all systems, the best first; a pair is one battle, whoever judged it.
std::vector<SystemRating> ratingsOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes);

struct JudgeAgreement {
    std::vector<std::string> judges;
    std::int64_t pairs = 0;  // that more than one of them judged
    double kappa = 0;        // of two judges (Cohen); NaN otherwise
    double alpha = 0;        // of any number (Krippendorff, nominal)
};
JudgeAgreement agreementOf(const std::vector<Vote>& votes);

// A model that judged, held against what most people said of the same pairs.
struct ModelAgreement {
    std::string judge;
    std::int64_t judged = 0;
    std::int64_t flips = 0;    // pairs where the order of the answers decided
    std::int64_t common = 0;   // pairs that people judged, too
    std::int64_t same = 0;     // of those
    double kappa = 0;          // Cohen's: first better, as good, second better; NaN where there is nothing to compare
    std::string sentence;      // whether it can be believed
    bool isBelievable = false; // enough pairs, and more than fair agreement
};
std::vector<ModelAgreement> modelAgreements(const std::vector<Vote>& votes);

// Rows of the shape preference: what was voted for over what was voted against, and corrections over what they correct. Ties and pairs that
// were both bad give none without a correction. Equal rows once.
std::vector<data::Example> preferencesOf(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes);

} // namespace luthier::evaluation

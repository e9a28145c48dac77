// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics against the programs that they are known from: tests/reference/metrics.json.
#include "core/base/json.h"
#include "core/metrics/bleu_words.h"
#include "core/metrics/labels.h"
#include "core/metrics/metric.h"
#include "core/metrics/porter_stemmer.h"
#include "tests/support/need.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <tuple>

using namespace luthier;
using support::need;

namespace {

// Ten significant digits: more than any of the programs prints.
constexpr double kTolerance = 1e-11;

std::vector<metrics::ScoredRow> rowsOf(const Json& list)
{
    std::vector<metrics::ScoredRow> rows;
    for (const Json& row : list) {
        metrics::ScoredRow scored{row.at("prediction").get<std::string>(), row.at("references").get<std::vector<std::string>>()};
        if (row.contains("confidence")) {
            scored.confidence = row.at("confidence").get<double>();
        }
        rows.push_back(std::move(scored));
    }
    return rows;
}

bool isEqual(double got, double wanted)
{
    return std::abs(got - wanted) <= kTolerance * std::max(1.0, std::abs(wanted));
}

std::unique_ptr<metrics::Measurement> measure(const std::string& name, const std::vector<metrics::ScoredRow>& rows)
{
    metrics::MetricSettings settings;
    const std::string_view stemmed = "_stemmed";
    settings.stemmer = name.ends_with(stemmed);
    const auto id = settings.stemmer ? name.substr(0, name.size() - stemmed.size()) : name;
    return need(need(metrics::findMetric(id))->measure(rows, settings));
}

} // namespace

class TestMetricParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_expected = need(base::readJson(support::kReference / "metrics.json")); }

    // Of the whole set, and of each row alone.
    void texts()
    {
        int compared = 0;
        for (const Json& set : m_expected.at("texts")) {
            const auto rows = rowsOf(set.at("rows"));
            for (const auto& [name, wanted] : set.at("values").items()) {
                const double got = measure(name, rows)->value();
                QVERIFY2(isEqual(got, wanted.get<double>()),
                         qPrintable(QStringLiteral("%1: %2 instead of %3 for %4").arg(QString::fromStdString(name)).arg(got, 0, 'g', 17).arg(wanted.get<double>(), 0, 'g', 17)
                                        .arg(QString::fromStdString(base::dumpJson(set.at("rows").at(0))))));
                ++compared;
            }
            for (const auto& [name, wanted] : set.at("of_rows").items()) {
                const auto measured = measure(name, rows);
                for (std::size_t i = 0; i < rows.size(); ++i) {
                    QVERIFY2(isEqual(measured->ofRow(i), wanted.at(i).get<double>()), qPrintable(QString::fromStdString(name + ": " + rows[i].prediction)));
                    ++compared;
                }
            }
        }
        QVERIFY(compared > 1000);
    }

    void wordsOfBleu()
    {
        for (const Json& set : m_expected.at("texts")) {
            for (std::size_t i = 0; i < set.at("rows").size(); ++i) {
                std::string joined;
                for (const auto& word : metrics::bleuWords(set.at("rows").at(i).at("prediction").get<std::string>())) {
                    joined += (joined.empty() ? "" : " ") + word;
                }
                QCOMPARE(joined, set.at("bleu_words").at(i).get<std::string>());
            }
        }
    }

    void labels()
    {
        for (const Json& set : m_expected.at("labels")) {
            const auto rows = rowsOf(set.at("rows"));
            for (const auto& [name, wanted] : set.at("values").items()) {
                QVERIFY2(isEqual(measure(name, rows)->value(), wanted.get<double>()), name.c_str());
            }
        }
    }

    void calibration()
    {
        const Json& set = m_expected.at("calibration");
        QVERIFY(isEqual(measure("ece", rowsOf(set.at("rows")))->value(), set.at("ece").get<double>()));
    }

    // As scikit-learn has it: rows are what was wanted. Ours stand in the order of their number, with all else in the last column.
    void confusion()
    {
        const Json& set = m_expected.at("confusion");
        const auto got = metrics::confusionOf(rowsOf(set.at("rows")));
        const auto labels = set.at("labels").get<std::vector<std::string>>();
        QCOMPARE(got.labels.size(), labels.size());
        std::vector<std::size_t> places; // of our labels among theirs
        for (const std::string& label : got.labels) {
            places.push_back(static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin()));
            QVERIFY(places.back() < labels.size());
        }
        for (std::size_t i = 0; i < places.size(); ++i) {
            const Json& wanted = set.at("counts").at(places[i]);
            for (std::size_t k = 0; k < places.size(); ++k) {
                QCOMPARE(got.counts[i][k], wanted.at(places[k]).get<std::int64_t>());
            }
            QCOMPARE(got.counts[i].back(), wanted.back().get<std::int64_t>());
        }
    }

    // Validity of JSON as Python's parser has it, of schemas as jsonschema (2020-12), patterns as Python's re, final numbers as the filters of
    // lm-evaluation-harness' gsm8k, repetition by its formula.
    void shapes()
    {
        const Json& shapes = m_expected.at("shapes");
        const auto ofOne = [](const char* metric, const Json& answer, const metrics::MetricSettings& settings, std::vector<std::string> references) {
            const std::vector<metrics::ScoredRow> rows{{answer.get<std::string>(), std::move(references)}};
            return need(need(metrics::findMetric(metric))->measure(rows, settings))->value();
        };
        const auto compare = [&](const char* metric, const Json& answer, const Json& wanted, const metrics::MetricSettings& settings = {}, std::vector<std::string> references = {}) {
            const double got = ofOne(metric, answer, settings, std::move(references));
            QVERIFY2(isEqual(got, wanted.get<double>()), qPrintable(QStringLiteral("%1 of %2: %3 instead of %4 (%5)")
                                                                        .arg(QString::fromLatin1(metric), QString::fromStdString(base::dumpJson(answer)))
                                                                        .arg(got).arg(wanted.get<double>()).arg(QString::fromStdString(settings.schema + settings.pattern))));
        };
        for (const Json& row : shapes.at("json")) {
            compare("json_valid", row.at(0), row.at(1));
        }
        for (const auto& [part, metric, answers] : {std::tuple("schemas", "schema_valid", "valid"), std::tuple("patterns", "regex_match", "found")}) {
            for (const Json& one : shapes.at(part)) {
                const metrics::MetricSettings settings{false, one.value("pattern", std::string()), one.value("schema", std::string())};
                for (std::size_t i = 0; i < one.at("answers").size(); ++i) {
                    compare(metric, one.at("answers").at(i), one.at(answers).at(i), settings);
                }
            }
        }
        for (const Json& row : shapes.at("numbers")) {
            compare("number_match", row.at(0), row.at(2), {}, {row.at(1).get<std::string>()});
            compare("number_match_lenient", row.at(0), row.at(3), {}, {row.at(1).get<std::string>()});
        }
        for (const char* metric : {"length", "repetition"}) {
            for (const Json& row : shapes.at(metric)) {
                compare(metric, row.at(0), row.at(1));
            }
        }
    }

    void stems()
    {
        QVERIFY(m_expected.at("stems").size() > 1000);
        for (const auto& [word, stem] : m_expected.at("stems").items()) {
            QCOMPARE(QString::fromStdString(word + ": " + metrics::stemOf(word)), QString::fromStdString(word + ": " + stem.get<std::string>()));
        }
    }

private:
    Json m_expected;
};

QTEST_APPLESS_MAIN(TestMetricParity)
#include "tst_metric_parity.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics against the programs that they are known from: tests/reference/metrics.json.
#include "core/base/json.h"
#include "core/metrics/bleu_words.h"
#include "core/metrics/metric.h"
#include "core/metrics/porter_stemmer.h"
#include "tests/support/need.h"

#include <QtTest>

#include <array>
#include <charconv>
#include <cmath>

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

// SPDX-License-Identifier: GPL-3.0-or-later
// Datasets: the bundled files, every kind of damage with its sentence, edits on top of rows and their undo.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/data/dataset.h"
#include "core/data/example_text.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <thread>

using namespace luthier;

namespace {

// What broken_rows.jsonl holds, and a part of the sentence that each kind must get.
struct Kind {
    const char* kind;
    const char* part;
};
constexpr Kind kKinds[] = {
    {"cut_string", "column 88: not valid JSON: the row breaks off inside a text"},
    {"missing_output", "\"output\" is missing; the row has \"instruction\", \"input\""},
    {"missing_instruction", "\"instruction\" is missing"},
    {"object_for_text", "\"instruction\" is an object"},
    {"array_row", "it is a list, not an object"},
    {"text_row", "it is a text, not an object"},
    {"number_row", "it is a number, not an object"},
    {"null_row", "it is null, not an object"},
    {"empty_object", "it is an empty object"},
    {"not_json", "column 1: not valid JSON"},
    {"trailing_comma", "a comma stands before a closing brace"},
    {"single_quotes", "column 2: not valid JSON: the name of a field needs double quotes"},
    {"missing_comma", "column 43: not valid JSON: a comma"},
    {"comment", "something follows the end of the row"},
    {"two_objects", "something follows the end of the row"},
    {"huge_number", "a number is too large"},
    {"bad_escape", "after a backslash"},
    {"lone_surrogate", "half of a surrogate pair"},
    {"invalid_utf8", "byte 67 (0xff) is not UTF-8"},
    {"overlong_utf8", "byte 67 (0xc0) is not UTF-8"},
    {"cut_utf8", "byte 67 (0xe2) is not UTF-8"},
    {"nul_byte", "byte 67 (0x00) is a NUL byte"},
    {"control_byte", "a bare control character"},
    {"bom_inside", "a byte-order mark"},
    {"deep_nesting", "nested deeper than 128"},
    {"messages_empty", "looks like Chat: \"messages\" is an empty list"},
    {"messages_not_array", "looks like Chat: \"messages\" is an object"},
    {"message_not_object", "looks like Chat: \"messages\" is a list of texts"},
    {"unknown_role", "its role is \"wizard\""},
    {"missing_role", "message 1 of \"messages\": it has no \"role\""},
    {"missing_content", "message 2 of \"messages\": it has no \"content\""},
    {"null_content", "this row looks like Chat"},
    {"role_order", "this row looks like Chat"},
    {"no_answer", "nothing to learn"},
    {"cut_last_line", "column 42: not valid JSON: the row breaks off"},
};

struct Bundled {
    const char* file;
    const char* format;
    std::int64_t rows;
};
constexpr Bundled kBundled[] = {
    {"workshop_instructions.jsonl", "instruction", 1107}, {"village_chat.jsonl", "chat", 480},
    {"preferences.jsonl", "preference", 480},             {"general_heldout.jsonl", "text", 260},
    {"first_tune_prompts.jsonl", "prompt", 8},
};

std::vector<Json> allRows(const data::Dataset& dataset)
{
    std::vector<Json> rows;
    for (std::int64_t i = 0; i < dataset.rowCount(); ++i) {
        auto row = dataset.row(i);
        rows.push_back(row ? *row : Json(row.message()));
    }
    return rows;
}

} // namespace

class TestDataset : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bundledFilesOpen()
    {
        for (const Bundled& file : kBundled) {
            const auto dataset = data::Dataset::open(base::datasetsFolder() / file.file);
            QVERIFY2(dataset.ok(), dataset.ok() ? "" : dataset.message().c_str());
            QCOMPARE((*dataset)->format().id, std::string(file.format));
            QCOMPARE((*dataset)->rowCount(), file.rows);
            QVERIFY2((*dataset)->badRows().empty(), file.file);
        }
    }

    void everyDamageHasItsSentence()
    {
        const auto expected = base::readJson(base::datasetsFolder() / "broken_rows.expected.json");
        const auto dataset = data::Dataset::open(base::datasetsFolder() / "broken_rows.jsonl");
        QVERIFY(expected.ok() && dataset.ok());
        QCOMPARE((*dataset)->format().id, std::string("instruction"));
        QCOMPARE((*dataset)->rowCount(), static_cast<std::int64_t>(expected->size()));
        std::map<std::int64_t, std::string> bad;
        for (const auto& error : (*dataset)->badRows()) {
            bad[error.row] = error.sentence;
        }
        for (const Json& one : *expected) {
            const auto row = one["row"].get<std::int64_t>();
            const auto kind = one["kind"].get<std::string>();
            const auto example = (*dataset)->example(row - 1);
            QCOMPARE(example.ok(), one["ok"].get<bool>());
            QCOMPARE(bad.contains(row), !example.ok());
            if (example) {
                const bool isFinding = kind.ends_with("_output") || kind == "not_a_number"; // an empty answer, which is read and not learned
                QCOMPARE(data::hasEmptyTurn(*example, "assistant"), isFinding);
                QCOMPARE(data::hasEmptyTurn(*example, "user"), kind == "empty_instruction");
                continue;
            }
            QCOMPARE(bad[row], example.message());
            QVERIFY(example.message().starts_with("row " + std::to_string(row) + ": "));
            QVERIFY(example.message().size() < 400);
            const auto found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return kind == k.kind; });
            QVERIFY2(found != std::end(kKinds), kind.c_str());
            QVERIFY2(example.message().find(found->part) != std::string::npos, example.message().c_str());
        }
    }

    void openingFailsWithASentence_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("format");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("empty") << QByteArray("") << QByteArray("auto") << QByteArray("the file is empty");
        QTest::newRow("blank lines alone") << QByteArray("\n \n") << QByteArray("auto") << QByteArray("the file holds no rows; choose another one");
        QTest::newRow("no known shape") << QByteArray("{\"foo\":1}\n") << QByteArray("auto") << QByteArray("columns found are \"foo\"");
        QTest::newRow("nothing readable") << QByteArray("hello\nworld\n") << QByteArray("auto") << QByteArray("row 1: column 1");
        QTest::newRow("unknown format") << QByteArray("{\"text\":\"a\"}\n") << QByteArray("poem") << QByteArray("auto, instruction, chat");
        QTest::newRow("shape and damage") << QByteArray("[]\n{\n") << QByteArray("auto") << QByteArray("row 2: ");
    }

    void openingFailsWithASentence()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, format);
        QFETCH(QByteArray, part);
        const auto dataset = data::Dataset::open(put(content.toStdString()), {format.toStdString(), {}, {}, {}});
        QVERIFY(!dataset.ok());
        QVERIFY2(dataset.message().starts_with(m_folder.path().toStdString()), dataset.message().c_str());
        QVERIFY2(dataset.message().find(part.toStdString()) != std::string::npos, dataset.message().c_str());
    }

    void formatCanBeChosen()
    {
        const auto path = put("{\"text\":\"a\",\"label\":\"b\"}\n");
        QCOMPARE((*data::Dataset::open(path))->format().id, std::string("classification"));
        const auto chosen = data::Dataset::open(path, {"text", {}, {}, {}});
        QCOMPARE((*chosen)->example(0)->text, std::string("a"));
    }

    // A thousand broken rows before the first good one do not hide the shape.
    void shapeIsFoundBehindDamage()
    {
        std::string content;
        for (int i = 0; i < 1000; ++i) {
            content += "{\"instruction\": \"torn\n";
        }
        for (int i = 0; i < 100; ++i) {
            content += R"({"instruction":"a","output":"b"})" "\n";
        }
        const auto dataset = data::Dataset::open(put(content));
        QVERIFY(dataset.ok());
        QCOMPARE((*dataset)->badRows().size(), std::size_t{1000});
    }

    void editsLieOnTop()
    {
        const auto path = put("{\"instruction\":\"a\",\"output\":\"b\"}\n{\"torn\n");
        const auto dataset = *data::Dataset::open(path);
        const auto edited = dataset->withField(0, "output", "new");
        QVERIFY(edited.ok() && !dataset->edit(0));
        QCOMPARE(*dataset->field(0, "output"), std::string("b"));
        dataset->setRow(0, *edited);
        QCOMPARE(*dataset->field(0, "output"), std::string("new"));
        QVERIFY(dataset->edit(0) == *edited);
        // A field that the format knows can be filled in; others are not made up.
        QCOMPARE(*dataset->field(0, "input"), std::string());
        QVERIFY((*dataset->withField(0, "input", "x"))["input"] == "x");
        QVERIFY(!dataset->field(0, "inptu").ok() && !dataset->withField(0, "inptu", "x").ok());
        for (const char* path : {"", "/", "output/0", "output/", "messages/0/content", "-1"}) {
            QVERIFY2(!dataset->field(0, path).ok() && !dataset->withField(0, path, "x").ok(), path);
        }
        // A broken row can be mended.
        QVERIFY(dataset->withField(1, "output", "x").message().starts_with("row 2: "));
        dataset->setRow(1, *edited);
        QVERIFY(dataset->badRows().empty());
        // Another day.
        const auto again = *data::Dataset::open(path, {"auto", dataset->overlay(), {}, {}});
        QVERIFY(allRows(*again) == allRows(*dataset));
        dataset->clearEdit(0);
        dataset->clearEdit(1);
        QVERIFY(dataset->overlay().empty());
        QVERIFY(!dataset->row(1).ok() && dataset->rawRow(1) == "{\"torn");
        QVERIFY(dataset->row(2).message().find("row 3: there is no such row") != std::string::npos);
    }

    void fieldsKeepTheirType()
    {
        const auto dataset = *data::Dataset::open(put("{\"text\":\"a\",\"label\":3,\"note\":null}\n"));
        QVERIFY((*dataset->withField(0, "label", "4"))["label"] == 4);
        QVERIFY((*dataset->withField(0, "label", "good"))["label"] == "good");
        QVERIFY((*dataset->withField(0, "note", "x"))["note"] == "x");
        QVERIFY((*dataset->withField(0, "note", ""))["note"].is_null());
    }

    // Random edits, then every one undone in turn: the rows are what they were; redone, what they became.
    void undoGivesEveryRowBack_data()
    {
        QTest::addColumn<QByteArray>("file");
        for (const Bundled& file : kBundled) {
            QTest::newRow(file.file) << QByteArray(file.file);
        }
    }

    void undoGivesEveryRowBack()
    {
        QFETCH(QByteArray, file);
        struct Step {
            std::int64_t row;
            std::optional<Json> before;
            std::optional<Json> after;
        };
        const auto dataset = *data::Dataset::open(base::datasetsFolder() / file.toStdString());
        const auto put = [&](std::int64_t row, const std::optional<Json>& edit) {
            edit ? dataset->setRow(row, *edit) : dataset->clearEdit(row);
        };
        const auto original = allRows(*dataset);
        base::Random random(3);
        std::vector<Step> steps;
        for (int i = 0; i < 300; ++i) {
            const auto row = static_cast<std::int64_t>(random.below(8));
            std::optional<Json> after;
            if (random.below(5) > 0) {
                const auto paths = dataset->format().editablePaths(*dataset->row(row));
                const auto& path = paths[random.below(paths.size())];
                QCOMPARE(*dataset->withField(row, path, *dataset->field(row, path)), *dataset->row(row));
                const std::string text = "edit " + std::to_string(random.next());
                after = *dataset->withField(row, path, text);
                steps.push_back({row, dataset->edit(row), after});
                put(row, after);
                QCOMPARE(*dataset->field(row, path), text);
            } else {
                steps.push_back({row, dataset->edit(row), after});
                put(row, after);
            }
        }
        const auto edited = allRows(*dataset);
        QVERIFY(edited != original);
        for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
            put(step->row, step->before);
        }
        QVERIFY(allRows(*dataset) == original);
        QVERIFY(dataset->overlay().empty());
        for (const Step& step : steps) {
            put(step.row, step.after);
        }
        QVERIFY(allRows(*dataset) == edited);
    }

    void manyThreadsReadAndEdit()
    {
        const auto dataset = *data::Dataset::open(base::datasetsFolder() / "workshop_instructions.jsonl");
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (std::int64_t i = 0; i < 500; ++i) {
                    const std::int64_t row = i % 40 * 4 + t; // a row belongs to one thread
                    const std::string text = std::to_string(i);
                    dataset->setRow(row, *dataset->withField(row, "output", text));
                    wrong += *dataset->field(row, "output") == text ? 0 : 1;
                    wrong += dataset->example((i * 7) % 1107).ok() ? 0 : 1;
                }
            });
        }
        for (auto& thread : threads) {
            thread.join();
        }
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(dataset->overlay().size(), std::size_t{160});
    }

    void checkingCanBeCancelled()
    {
        std::string content;
        for (int i = 0; i < 5000; ++i) {
            content += "{\"text\":\"\"}\n";
        }
        const auto dataset = *data::Dataset::open(put(content));
        const base::CancelToken cancel;
        std::int64_t last = 0;
        const auto bad = dataset->badRows(
            [&](std::int64_t done, std::int64_t total) {
                last = total == 5000 ? done : -1;
                cancel.cancel();
            },
            cancel);
        QCOMPARE(bad.size(), static_cast<std::size_t>(last));
        QVERIFY(last > 0 && last < 5000);
        const auto stopped = data::Dataset::open(put(content), {"auto", {}, {}, cancel});
        QCOMPARE(stopped.message(), std::string("cancelled"));
    }

private:
    std::string put(const std::string& content)
    {
        const auto path = m_folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
        return base::writeFileAtomically(path, content) ? path : std::string();
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestDataset)
#include "tst_dataset.moc"

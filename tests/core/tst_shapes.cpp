// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes as other programs and people write them: comparisons of answers, rows that are lists, exports of chats and of annotation
// tools. What each row becomes, or the sentence that says why it becomes nothing.
#include "core/base/files.h"
#include "core/data/dataset.h"
#include "core/data/formats/comparison.h"
#include "core/data/row_walk.h"
#include "core/data/unread/unread_fields.h"
#include "tests/core/strange_shapes.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;

namespace {

std::string turns(const std::vector<data::Message>& messages)
{
    std::string text;
    for (const data::Message& message : messages) {
        text += (text.empty() ? "" : "|") + message.role + ":" + message.content;
    }
    return text;
}

// "user:Ask|assistant:Yes", "user:Ask > Yes > No", "bad user:Ask|assistant:No", "! a sentence"
std::string account(const data::Dataset& dataset, std::int64_t row)
{
    const auto example = dataset.example(row);
    if (!example) {
        return "! " + example.message();
    }
    switch (example->kind) {
    case data::ExampleKind::Text: return "text " + example->text;
    case data::ExampleKind::Preference: return turns(example->messages) + " > " + turns(example->chosen) + " > " + turns(example->rejected);
    case data::ExampleKind::Conversation: break;
    }
    return (example->desirable == false ? "bad " : "") + turns(example->messages);
}

bool isAsMeant(const std::string& is, const std::string& meant)
{
    return meant.starts_with("! ") ? is.starts_with("! ") && is.find(meant.substr(2)) != std::string::npos : is == meant;
}

} // namespace

class TestShapes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsBecome_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < strangeShapes().size(); ++i) {
            QTest::addRow("%s", strangeShapes()[i].name) << static_cast<int>(i);
        }
    }

    void rowsBecome()
    {
        QFETCH(int, index);
        const StrangeShape& one = strangeShapes()[static_cast<std::size_t>(index)];
        const auto dataset = opened(one);
        if (one.rows.empty()) {
            QVERIFY2(!dataset && dataset.message().find(one.said) != std::string::npos, dataset ? "it opened" : dataset.message().c_str());
            return;
        }
        QVERIFY2(dataset.ok(), dataset ? "" : dataset.message().c_str());
        QCOMPARE(QString::fromStdString((*dataset)->format().id), QString(one.format));
        QCOMPARE((*dataset)->rowCount(), static_cast<std::int64_t>(one.rows.size()));
        for (std::size_t row = 0; row < one.rows.size(); ++row) {
            const std::string is = account(**dataset, static_cast<std::int64_t>(row));
            QVERIFY2(isAsMeant(is, one.rows[row]), (is + "\nmeant: " + one.rows[row]).c_str());
        }
        std::string all;
        for (const auto& sentence : (*dataset)->notes()) {
            all += sentence + "\n";
        }
        auto report = data::findUnread(**dataset, {}, {});
        QVERIFY(report.ok());
        for (const auto& sentence : report->sentences()) {
            all += sentence + "\n";
        }
        QVERIFY2(all.find(one.said) != std::string::npos, all.c_str());
    }

    // A verdict is read, whatever it is spelled as.
    void verdictsAreRead()
    {
        for (const StrangeShape& one : strangeShapes()) {
            if (std::string_view(one.format) != "comparison") {
                continue;
            }
            const auto dataset = opened(one);
            auto report = data::findUnread(**dataset, {}, {});
            QVERIFY(report.ok());
            for (const data::UnreadField& field : report->fields) {
                const bool isVerdict = field.name.starts_with("score") || field.name == data::verdictField(*(*dataset)->row(0));
                // A number that may mean either answer is none: the scores beside it decide.
                QVERIFY2(!isVerdict || field.name == "labels", (std::string(one.name) + ": " + field.name).c_str());
            }
        }
    }

    // Every text that a person may edit is there, and writing it back changes nothing.
    void textsCanBeEdited_data() { rowsBecome_data(); }

    void textsCanBeEdited()
    {
        QFETCH(int, index);
        const auto dataset = opened(strangeShapes()[static_cast<std::size_t>(index)]);
        for (std::int64_t row = 0; dataset && row < (*dataset)->rowCount(); ++row) {
            if (!(*dataset)->example(row)) {
                continue;
            }
            const auto json = (*dataset)->row(row);
            const auto paths = (*dataset)->format().editablePaths(*json);
            QVERIFY(!paths.empty());
            for (const std::string& path : paths) {
                const auto text = (*dataset)->field(row, path);
                if (!text) { // one that may be filled in
                    continue;
                }
                const auto changed = (*dataset)->withField(row, path, *text + " zqx");
                QVERIFY2(changed.ok(), path.c_str());
                QVERIFY2(*changed != *json, path.c_str());
            }
        }
    }

private:
    Result<std::shared_ptr<data::Dataset>> opened(const StrangeShape& one)
    {
        const auto path = m_folder.filePath(QString::number(++m_count) + one.file).toStdString();
        if (!base::writeFileAtomically(path, one.content)) {
            qFatal("cannot write");
        }
        return data::Dataset::open(path);
    }

    QTemporaryDir m_folder;
    int m_count = 0;
};

QTEST_APPLESS_MAIN(TestShapes)
#include "tst_shapes.moc"

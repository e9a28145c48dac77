// SPDX-License-Identifier: GPL-3.0-or-later
// Compare's columns together: base and tuned in one batch of one session, and the reward model that scores what they say.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "tests/support/page_test.h"
#include "ui/pages/compare/compare_extras.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/pages/compare/compare_reward.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/workspace/workspace.h"

#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

#include <cstring>
#include <filesystem>
#include <string>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 120'000;
constexpr int kRank = 2;
constexpr int kHidden = 256; // of the bundled model
constexpr int kLayers = 8;

// A LoRA of every q_proj of the bundled model, as PEFT writes it, large enough to be heard.
std::string randomLora()
{
    base::Random random(7);
    std::string data;
    Json header = Json::object();
    const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns, double width) {
        const std::size_t begin = data.size();
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto value = static_cast<float>((2 * random.uniform() - 1) * width);
            char bytes[sizeof value];
            std::memcpy(bytes, &value, sizeof value);
            data.append(bytes, sizeof value);
        }
        header[name] = {{"dtype", "F32"}, {"shape", {rows, columns}}, {"data_offsets", {begin, data.size()}}};
    };
    for (int layer = 0; layer < kLayers; ++layer) {
        const std::string path = "base_model.model.model.layers." + std::to_string(layer) + ".self_attn.q_proj.";
        add(path + "lora_A.weight", kRank, kHidden, 0.5);
        add(path + "lora_B.weight", kHidden, kRank, 0.5);
    }
    const std::string head = header.dump();
    const std::uint64_t size = head.size();
    std::string file(sizeof size, '\0');
    std::memcpy(file.data(), &size, sizeof size);
    return file + head + data;
}

} // namespace

class TestCompareTogether : public QObject, private support::PageTest<ComparePage> {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!std::filesystem::exists(base::bundledModel() / "model.safetensors")) {
            QSKIP("the bundled model's weights are not here");
        }
    }

    void init()
    {
        makeFolder();
        openPage();
    }
    void cleanup() { closePage(); }

    // Base and tuned of one session, as on a card: what each says alone.
    void oneBatchSaysTheSame()
    {
        m_page->openTunedFolder(adapterIn(QStringLiteral("tuned"), true));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(24);
        m_page->extras()->addPrompted(QStringLiteral("Answer in one word."), 0, false);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Which wood is hard?"));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        const auto texts = [this] { return QStringList{find<DiffText>("baseAnswer")->text(), find<DiffText>("tunedAnswer")->text(), find<DiffText>("extra1Answer")->text()}; };
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        const QStringList alone = texts();
        QVERIFY(!alone[0].isEmpty() && !alone[1].isEmpty() && alone[0] != alone[1]);
        m_page->contest()->setOneBatch(true);
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        QCOMPARE(texts(), alone);
        QVERIFY2(find<QLabel>("compareStage")->text().contains(QStringLiteral("one batch")), qPrintable(find<QLabel>("compareStage")->text()));
        QVERIFY(m_page->contest()->session(0) == m_page->contest()->session(1)); // one model in memory
        // What was tuned cannot be opened: the base answers all the same.
        m_page->openTunedFolder(adapterIn(QStringLiteral("broken"), false));
        QTRY_VERIFY(find<QLabel>("tunedSubtitle")->text().contains(QStringLiteral("broken")));
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        QCOMPARE(texts()[0], alone[0]);
        QVERIFY(texts()[1].isEmpty() && find<DiffText>("tunedAnswer")->placeholderText().contains(QStringLiteral("broken")));
    }

    // Who is no reward model says so, and the answers stay; nobody scores any more when it is taken away.
    void aRewardModelIsChosen()
    {
        m_page->openTunedFolder(QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY(find<QPushButton>("chooseTuned")->isVisible());
        find<QSpinBox>("max_new")->setValue(8);
        find<QPlainTextEdit>("prompt")->setPlainText(QStringLiteral("Which wood is hard?"));
        auto* note = find<QLabel>("rewardNote");
        QVERIFY(!note->isVisible());
        QMenu menu;
        m_page->reward()->addTo(&menu);
        QCOMPARE(menu.actions().size(), 1);
        QVERIFY(menu.actions().front()->menu()->actions().front()->isChecked()); // none
        m_page->reward()->choose(QStringLiteral("judge"), QString::fromStdString(base::bundledModel().string()));
        QTRY_VERIFY2(note->isVisible() && note->text().contains(QStringLiteral("is not known")), qPrintable(note->text()));
        QSignalSpy finished(m_page->contest(), &CompareContest::finished);
        m_page->compare();
        QVERIFY(finished.wait(kAwaitMs));
        QTRY_VERIFY2_WITH_TIMEOUT(note->text().contains(QStringLiteral("no reward model")), qPrintable(note->text()), kAwaitMs);
        QTRY_COMPARE(find<QListView>("history")->model()->rowCount(), 1); // it is kept all the same
        QVERIFY(!find<DiffText>("baseAnswer")->text().isEmpty() && !find<QLabel>("baseFooter")->text().contains(QStringLiteral("reward")));
        m_page->reward()->choose({}, {});
        QVERIFY(!note->isVisible() && !m_page->reward()->isOn());
    }

private:
    // Without its weights it is chosen, and cannot be opened.
    QString adapterIn(const QString& name, bool hasWeights) const
    {
        const QString folder = m_folder->filePath(name);
        const Json config{{"peft_type", "LORA"}, {"base_model_name_or_path", base::bundledModel().string()}, {"r", kRank}, {"lora_alpha", kRank}, {"target_modules", {"q_proj"}},
                          {"task_type", "CAUSAL_LM"}, {"bias", "none"}, {"lora_dropout", 0.0}, {"fan_in_fan_out", false}};
        bool isDone = base::makeDirectories(folder.toStdString()).ok() && base::writeFileAtomically((folder + QStringLiteral("/adapter_config.json")).toStdString(), base::dumpJson(config)).ok();
        isDone = isDone && (!hasWeights || base::writeFileAtomically((folder + QStringLiteral("/adapter_model.safetensors")).toStdString(), randomLora()).ok());
        if (!isDone) {
            qFatal("cannot write");
        }
        return folder;
    }
};

QTEST_MAIN(TestCompareTogether)
#include "tst_compare_together.moc"

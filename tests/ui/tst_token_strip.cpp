// SPDX-License-Identifier: GPL-3.0-or-later
// The token strip shows the encoder's own mask, names special tokens, marks the cut, and can be walked by keyboard.
#include "core/base/paths.h"
#include "core/data/encoding.h"
#include "ui/models/data/token_tiles.h"
#include "ui/widgets/tokens/token_strip.h"

#include <QtTest>

using namespace luthier;
using namespace luthier::ui;

namespace {

data::Example conversation(const std::string& question, const std::string& answer)
{
    data::Example example;
    example.messages = {{"user", question, {}}, {"assistant", answer, {}}};
    return example;
}

} // namespace

class TestTokenStrip : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        auto loaded = data::Encoder::load(base::bundledModel());
        QVERIFY2(loaded.ok(), loaded.ok() ? "" : loaded.message().c_str());
        m_encoder = *loaded;
    }

    void tilesEqualTheMask_data()
    {
        QTest::addColumn<QString>("question");
        QTest::addColumn<QString>("answer");
        QTest::addColumn<int>("limit");
        QTest::newRow("short") << "Who has the red ball?" << "Tom has it." << 1024;
        QTest::newRow("lines") << "Two\nlines\tand a tab" << "One\n\nThree" << 1024;
        QTest::newRow("not ascii") << QString::fromUtf8("Gr\u00fc\u00dfe \u4f60\u597d \U0001F600") << QString::fromUtf8("\u00e9t\u00e9") << 1024;
        QTest::newRow("cut in the answer") << "Hi" << QString(QStringLiteral("word ")).repeated(80) << 24;
        QTest::newRow("cut before the answer") << QString(QStringLiteral("word ")).repeated(80) << "never seen" << 12;
        QTest::newRow("spells a marker") << "say <|user|>" << "<|end|>" << 1024;
    }

    void tilesEqualTheMask()
    {
        QFETCH(QString, question);
        QFETCH(QString, answer);
        QFETCH(int, limit);
        data::EncodingSettings settings;
        settings.maxLength = limit;
        const auto encoded = m_encoder.encode(conversation(question.toStdString(), answer.toStdString()), settings);
        QVERIFY2(encoded.ok(), encoded.ok() ? "" : encoded.message().c_str());
        const TokenStripContent content = tilesOf(*encoded, *m_encoder.tokenizer);

        QCOMPARE(content.tiles.size(), encoded->tokens.size());
        for (std::size_t i = 0; i < content.tiles.size(); ++i) {
            QCOMPARE(content.tiles[i].trained, encoded->trained[i] != 0);
            QCOMPARE(content.tiles[i].id, encoded->tokens[i].id);
            QCOMPARE(content.tiles[i].special, m_encoder.tokenizer->isSpecial(encoded->tokens[i].id));
            QVERIFY(!content.tiles[i].label.isEmpty());
        }
        QCOMPARE(content.numTrained(), encoded->numTrained());
        QCOMPARE(content.truncated, encoded->truncated);
        QCOMPARE(content.fullLength, encoded->fullLength);
        QCOMPARE(content.cutText.isEmpty(), !encoded->truncated);
    }

    void trainedTilesAreFilled()
    {
        TokenStrip strip;
        strip.resize(600, 200);
        const auto encoded = m_encoder.encode(conversation("Who has it?", "Tom has it."), {});
        QVERIFY(encoded.ok());
        strip.setContent(tilesOf(*encoded, *m_encoder.tokenizer));
        const QImage image = strip.viewport()->grab().toImage();
        const QColor ground = strip.palette().color(QPalette::Base);
        QVERIFY(strip.content().numTrained() > 0);
        for (int i = 0; i < static_cast<int>(strip.content().tiles.size()); ++i) {
            const QRect box = strip.tileRect(i);
            const QColor inside = image.pixelColor((box.topLeft() + QPoint(3, 3)) * image.devicePixelRatio());
            QCOMPARE(inside.rgb() != ground.rgb(), strip.content().tiles[static_cast<std::size_t>(i)].trained);
        }
    }

    void keyboardStepsThroughAllTiles()
    {
        TokenStrip strip;
        strip.resize(160, 60); // several lines, some outside the view
        const auto encoded = m_encoder.encode(conversation("Who has the little red ball?", "Tom has the little red ball."), {});
        QVERIFY(encoded.ok());
        strip.setContent(tilesOf(*encoded, *m_encoder.tokenizer));
        strip.show();
        const int count = static_cast<int>(strip.content().tiles.size());
        QTest::keyClick(&strip, Qt::Key_Home);
        for (int i = 0; i < count; ++i) {
            QCOMPARE(strip.currentTile(), i);
            QVERIFY(strip.viewport()->rect().contains(strip.tileRect(i).center()));
            QCOMPARE(strip.tileAt(strip.tileRect(i).center()), i);
            QCOMPARE(strip.accessibleDescription(), strip.describeTile(i));
            QVERIFY(strip.describeTile(i).contains(QLocale().toString(strip.content().tiles[static_cast<std::size_t>(i)].id)));
            QTest::keyClick(&strip, Qt::Key_Right);
        }
        QCOMPARE(strip.currentTile(), count - 1);
        QTest::keyClick(&strip, Qt::Key_Up);
        QVERIFY(strip.currentTile() < count - 1);
        QTest::keyClick(&strip, Qt::Key_Down);
        QVERIFY(strip.tileRect(strip.currentTile()).top() == strip.tileRect(count - 1).top());
        QTest::keyClick(&strip, Qt::Key_End);
        QCOMPARE(strip.currentTile(), count - 1);
    }

    void linesStayInside()
    {
        const auto encoded = m_encoder.encode(conversation(std::string(4000, 'x'), "One two three"), {});
        QVERIFY(encoded.ok());
        for (const int width : {60, 200, 333, 900}) {
            TokenStrip strip;
            strip.resize(width, 120);
            strip.show();
            strip.setContent(tilesOf(*encoded, *m_encoder.tokenizer));
            for (int i = 0; i < static_cast<int>(strip.content().tiles.size()); ++i) {
                QVERIFY(strip.tileRect(i).left() >= 0);
                QVERIFY(strip.tileRect(i).right() <= strip.viewport()->width());
            }
        }
    }

    void emptyContentIsQuiet()
    {
        TokenStrip strip;
        strip.resize(200, 100);
        strip.setContent({});
        strip.grab();
        for (const Qt::Key key : {Qt::Key_Left, Qt::Key_Right, Qt::Key_Home, Qt::Key_End, Qt::Key_Up, Qt::Key_Down}) {
            QTest::keyClick(&strip, key);
        }
        QCOMPARE(strip.currentTile(), -1);
    }

    void visibleTextShowsWhiteSpace()
    {
        QCOMPARE(visibleText(QStringLiteral(" a\n\tb")), QStringLiteral("\u00b7a\u21b5\u21e5b"));
    }

private:
    data::Encoder m_encoder;
};

QTEST_MAIN(TestTokenStrip)
#include "tst_token_strip.moc"

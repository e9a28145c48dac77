// SPDX-License-Identifier: GPL-3.0-or-later
// The table of colours: complete, in order, and readable in both schemes; switching live.
#include "core/config/run_config.h"
#include "ui/base/window_sentence.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDirIterator>
#include <QFile>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QSlider>
#include <QSpinBox>
#include <QStyleOptionHeader>
#include <QTabBar>
#include <QTabWidget>
#include <QTableWidget>
#include <QTextEdit>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtTest>

#include <cstdlib>

#include <set>

using namespace luthier::ui;

namespace {

constexpr double kTextContrast = 4.5;
constexpr double kGraphicContrast = 3.0;

} // namespace

class TestTheme : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // "3 row(s)" is no English: whatever counts has both forms in the table of plurals.
    void everyCountHasItsPlural()
    {
        QFile table(QStringLiteral(LUTHIER_SOURCE_DIR "/resources/i18n/luthier_en.ts"));
        QVERIFY(table.open(QIODevice::ReadOnly));
        QString known = QString::fromUtf8(table.readAll());
        known.replace(QLatin1String("&apos;"), QLatin1String("'")).replace(QLatin1String("&quot;"), QLatin1String("\"")).replace(QLatin1String("&lt;"), QLatin1String("<"));
        const QRegularExpression counted(QStringLiteral("\\btr\\(\\s*\"((?:[^\"\\\\]|\\\\.)*%Ln(?:[^\"\\\\]|\\\\.)*)\""));
        int found = 0;
        for (QDirIterator files(QStringLiteral(LUTHIER_SOURCE_DIR "/ui"), {QStringLiteral("*.cpp")}, QDir::Files, QDirIterator::Subdirectories); files.hasNext();) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QString code = QString::fromUtf8(file.readAll());
            for (auto at = counted.globalMatch(code); at.hasNext();) {
                QString source = at.next().captured(1);
                if (!source.contains(QLatin1String("(s)"))) {
                    continue;
                }
                ++found;
                for (const int code : {0x2014, 0x2019, 0x201c, 0x201d, 0x2026, 0x00b7}) {
                    source.replace(QStringLiteral("\\u%1").arg(code, 4, 16, QLatin1Char('0')), QString(QChar(code)));
                }
                source.replace(QLatin1String("\\t"), QLatin1String("\t")).replace(QLatin1String("\\n"), QLatin1String("\n"));
                QVERIFY2(known.contains(QLatin1String("<source>") + source + QLatin1String("</source>")), qPrintable(file.fileName() + QStringLiteral(": ") + source));
            }
        }
        QVERIFY(found > 20);
    }

    // "1107 rows" beside "1,107 rows": a plain %n does not follow the language.
    void everyCountIsWrittenAsTheLanguageDoes()
    {
        for (QDirIterator files(QStringLiteral(LUTHIER_SOURCE_DIR "/ui"), {QStringLiteral("*.cpp"), QStringLiteral("*.h")}, QDir::Files, QDirIterator::Subdirectories); files.hasNext();) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY2(!file.readAll().contains("%n"), qPrintable(file.fileName()));
        }
    }

    // Commands and flags are for the command line; the rest of a sentence stays as it is.
    void sentencesAreSaidAsTheWindowDoes_data()
    {
        QTest::addColumn<QString>("core");
        QTest::addColumn<QString>("window");
        const auto row = [](const char* core, const char* window) { QTest::newRow(core) << QString::fromLatin1(core) << QString::fromLatin1(window); };
        row("a/b: no adapter of this project lies there; luthier adapters lists them", "a/b: no adapter of this project lies there");
        row("3 rows skipped because the answer is empty; luthier data check names them", "3 rows skipped because the answer is empty");
        row("say which column is what (--map, or data.columns in a recipe)", "say which column is what");
        row("there is no adapter to write; name one with --adapter; or import one.", "there is no adapter to write; or import one.");
        row("it depends on the template (luthier render shows it)", "it depends on the template");
        row("line one (2 of 3)\nluthier runs lists them", "line one (2 of 3)\nluthier runs lists them");
        row("/home/me/luthier tiny/model: not there; choose another -- or none", "/home/me/luthier tiny/model: not there; choose another -- or none");
        row("all is well", "all is well");
        row("--devices 5: there is one card", "there is one card");
        row("NCCL is not on this machine. Train on one card, or with --devices cpu:2", "NCCL is not on this machine. Train on one card");
        row("Step 4: no memory was left. Go on from step 3: luthier resume runs/1 --out NEW --set run.batch_size=1", "Step 4: no memory was left.");
        row("the model's own is used; see it with luthier render.", "the model's own is used.");
        row("this is an adapter of MLX; fuse it with mlx_lm.fuse --dequantize and open that folder", "this is an adapter of MLX; fuse it with mlx_lm.fuse --dequantize and open that folder");
    }

    void sentencesAreSaidAsTheWindowDoes()
    {
        QFETCH(QString, core);
        QFETCH(QString, window);
        QCOMPARE(windowSentence(core), window);
    }

    // A sentence by itself begins with a capital; what is spelt as it is stays so.
    void problemsBeginWithACapital()
    {
        const std::pair<const char*, const char*> rows[] = {
            {"run \"first\" kept no rows aside", "Run \"first\" kept no rows aside"}, {"row 4: no answer; luthier data check names all", "Row 4: no answer"},
            {"/tmp/a: not there", "/tmp/a: not there"}, {"rows.jsonl is empty", "rows.jsonl is empty"},
            {"accuracy: needs labels", "accuracy: needs labels"}, {"", ""}, {"Choose rows.", "Choose rows."}, {"luthier-tiny: no weights", "luthier-tiny: no weights"},
        };
        for (const auto& [core, window] : rows) {
            QCOMPARE(problemSentence(QString::fromLatin1(core)), QString::fromLatin1(window));
        }
    }

    // A setting is called as its form calls it, in every sentence that goes the one way.
    void settingsAreCalledByTheirLabels()
    {
        QCOMPARE(windowSentence(QStringLiteral("Go on with a lower optimizer.learning_rate (luthier resume RUN --rate X).")), QString::fromUtf8("Go on with a lower \u201cLearning rate\u201d."));
        QCOMPARE(problemSentence(QStringLiteral("set run.epochs to 3")), QString::fromUtf8("Set \u201cEpochs\u201d to 3"));
        QCOMPARE(windowSentence(QStringLiteral("/home/me/run.epochs is a file")), QStringLiteral("/home/me/run.epochs is a file"));
    }

    // No rule of a recipe speaks in keys: neither whole ones nor their last words.
    void rulesAreSaidInLabels()
    {
        std::set<QString> keys;
        for (const luthier::config::Part& part : luthier::config::parts()) {
            for (const luthier::fields::Field& field : part.fields) {
                if (field.key.find('_') != std::string::npos) {
                    keys.insert(QString::fromStdString(field.key));
                }
            }
        }
        luthier::config::RunConfig broken; // as many rules as one recipe can break
        broken.model.dtype = "fp16";
        broken.model.frozenDtype = "fp8";
        broken.model.device = "cpu";
        broken.data.orderBy = "length";
        broken.data.generalShare = 0.5;
        broken.run.checkpointedLayers = 2;
        broken.run.keep = "best";
        broken.data.heldOutShare = 0;
        const auto rules = luthier::config::brokenRules(broken);
        QVERIFY(rules.size() > 5);
        for (const luthier::config::BrokenRule& rule : rules) {
            const QString said = problemSentence(QString::fromStdString(rule.sentence));
            for (const QString& key : keys) {
                QVERIFY2(!said.contains(key), qPrintable(said));
            }
            QVERIFY2(!said.contains(QLatin1String("--")), qPrintable(said));
        }
    }

    void devicesAreSaidInOneWay()
    {
        QVERIFY(deviceText(QStringLiteral("cpu, 2 threads")).startsWith(QLatin1String("CPU, 2 thread")));
        QVERIFY(deviceText(QStringLiteral("cpu, 1 thread, fp32")).endsWith(QLatin1String(", fp32")));
        QCOMPARE(deviceText(QStringLiteral("cpu")), QStringLiteral("CPU"));
        QCOMPARE(deviceText(QStringLiteral("NVIDIA H200, bf16")), QStringLiteral("NVIDIA H200, bf16"));
    }

    // Whatever takes the keys looks another way while it has them.
    void theKeysAreSeen()
    {
        Theme theme(*qApp);
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        auto* list = new QListWidget;
        list->addItem(QStringLiteral("a row"));
        auto* tabs = new QTabWidget;
        tabs->addTab(new QWidget, QStringLiteral("a tab"));
        auto* flat = new QToolButton;
        flat->setText(QStringLiteral("flat"));
        flat->setAutoRaise(true);
        flat->setFocusPolicy(Qt::StrongFocus);
        auto* typed = new QComboBox;
        typed->setEditable(true);
        QWidget* const all[] = {new QPlainTextEdit(QStringLiteral("text")), new QTextEdit(QStringLiteral("text")), new QLineEdit, new QPushButton(QStringLiteral("button")),
                                flat, new QCheckBox(QStringLiteral("box")), new QRadioButton(QStringLiteral("one")), new QComboBox, typed, new QSpinBox,
                                new QSlider(Qt::Horizontal), list, tabs->tabBar()};
        for (QWidget* widget : all) {
            layout->addWidget(widget == tabs->tabBar() ? tabs : widget);
        }
        auto* elsewhere = new QPushButton(QStringLiteral("elsewhere"));
        layout->addWidget(elsewhere);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QApplication::setCursorFlashTime(0);
        list->setCurrentRow(0);
        QStringList unseen;
        for (QWidget* widget : all) {
            elsewhere->setFocus(Qt::TabFocusReason);
            const QImage without = widget->grab().toImage();
            widget->setFocus(Qt::TabFocusReason);
            QVERIFY2(widget->hasFocus(), widget->metaObject()->className());
            const QImage with = widget->grab().toImage();
            int changed = 0;
            for (int y = 0; y < with.height(); ++y) {
                for (int x = 0; x < with.width(); ++x) {
                    changed += with.pixel(x, y) != without.pixel(x, y);
                }
            }
            if (changed <= 2 * space(4)) { // more than the cursor of a text
                unseen += QString::fromLatin1(widget->metaObject()->className());
            }
        }
        QVERIFY2(unseen.isEmpty(), qPrintable(unseen.join(u' ')));
    }

    // Of a full bar in dark the words stood white on light green.
    void progressCanBeRead()
    {
        Theme theme(*qApp);
        for (const Theme::Choice choice : {Theme::Choice::Light, Theme::Choice::Dark}) {
            theme.setChoice(choice);
            for (const int value : {0, 3}) {
                QProgressBar bar;
                bar.setRange(0, 3);
                bar.setValue(value);
                bar.setFormat(QStringLiteral("HHHHHHHH"));
                bar.resize(space(60), space(8));
                const QImage drawn = bar.grab().toImage();
                const QColor ground = drawn.pixelColor(drawn.width() / 8, drawn.height() / 2);
                double best = 0;
                for (int x = 0; x < drawn.width(); ++x) {
                    best = std::max(best, contrast(drawn.pixelColor(x, drawn.height() / 2), ground));
                }
                QVERIFY2(best >= kTextContrast, qPrintable(QString::number(best)));
            }
        }
        theme.setChoice(Theme::Choice::Light);
    }

    void contrastIsMeasuredAsInWcag()
    {
        QVERIFY(qAbs(contrast(Qt::white, Qt::black) - 21) < 1e-9);
        QVERIFY(qAbs(contrast(QColor(119, 119, 119), Qt::white) - 4.478) < 1e-3);
    }

    void tableIsInOrderAndWithoutDoubles()
    {
        std::set<std::string> names;
        int index = 0;
        for (const TokenRow& row : tokens()) {
            QCOMPARE(static_cast<int>(row.token), index++);
            QVERIFY2(names.insert(row.name).second, row.name);
        }
        QCOMPARE(index, static_cast<int>(Token::Series8) + 1);
    }

    void everyTokenIsReadable_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<int>("scheme");
        for (const TokenRow& row : tokens()) {
            for (const Scheme scheme : {Scheme::Light, Scheme::Dark}) {
                QTest::addRow("%s %s", row.name, scheme == Scheme::Dark ? "dark" : "light")
                    << static_cast<int>(row.token) << static_cast<int>(scheme);
            }
        }
    }

    void everyTokenIsReadable()
    {
        QFETCH(int, index);
        QFETCH(int, scheme);
        const TokenRow& row = tokens()[static_cast<std::size_t>(index)];
        const auto at = [scheme](Token token) { return color(token, static_cast<Scheme>(scheme)); };
        std::vector<Token> grounds{Token::Window, Token::Surface, Token::Raised};
        if (row.use == TokenUse::Text) {
            grounds.push_back(Token::AccentSoft); // the chosen row
        }
        if (row.use == TokenUse::Ground) {
            const Token ink = row.token == Token::AccentText ? Token::Accent : Token::Text;
            QVERIFY(contrast(at(row.token), at(ink)) >= kTextContrast);
            return;
        }
        for (const Token ground : grounds) {
            const double least = row.use == TokenUse::Text ? kTextContrast : kGraphicContrast;
            const double found = contrast(at(row.token), at(ground));
            QVERIFY2(found >= least, qPrintable(QStringLiteral("%1 on %2: %3").arg(QLatin1String(row.name),
                                                    QLatin1String(tokens()[static_cast<std::size_t>(ground)].name)).arg(found)));
        }
    }

    void seriesDifferFromEachOther()
    {
        for (const Scheme scheme : {Scheme::Light, Scheme::Dark}) {
            std::set<QRgb> colors;
            for (int i = 0; i < kNumSeries; ++i) {
                colors.insert(color(static_cast<Token>(static_cast<int>(Token::Series1) + i), scheme).rgb());
            }
            QCOMPARE(colors.size(), static_cast<std::size_t>(kNumSeries));
        }
    }

    void switchesLive()
    {
        Theme theme(*qApp);
        StatusLabel label(QStringLiteral("late"), Token::Warn);
        label.show();
        theme.setChoice(Theme::Choice::Dark);
        QCOMPARE(currentScheme(), Scheme::Dark);
        QTRY_COMPARE(label.palette().color(QPalette::WindowText), color(Token::Warn, Scheme::Dark));
        theme.setChoice(Theme::Choice::Light);
        QCOMPARE(currentScheme(), Scheme::Light);
        QTRY_COMPARE(label.palette().color(QPalette::WindowText), color(Token::Warn, Scheme::Light));
        QCOMPARE(qApp->palette().color(QPalette::Window), color(Token::Window, Scheme::Light));
    }

    void environmentStandsAboveTheChoice()
    {
        qputenv("LUTHIER_THEME", "dark");
        Theme theme(*qApp);
        theme.setChoice(Theme::Choice::Light);
        QCOMPARE(currentScheme(), Scheme::Dark);
        qunsetenv("LUTHIER_THEME");
        theme.setChoice(Theme::Choice::Light);
        QCOMPARE(currentScheme(), Scheme::Light);
    }

    void sizesFollowTheFont()
    {
        QVERIFY(textFont(TextSize::Small).pointSizeF() < textFont(TextSize::Body).pointSizeF());
        QVERIFY(textFont(TextSize::Body).pointSizeF() < textFont(TextSize::Title).pointSizeF());
        QCOMPARE(space(3), 3 * space());
        QVERIFY(space() >= 2);
    }

    // Beside one line the words of label and field stand level; beside several the label stands at the top.
    void labelsStandLevelWithTheirFields()
    {
        Theme theme(*qApp);
        QWidget window;
        auto* form = new QFormLayout(&window);
        auto* line = new QLineEdit;
        auto* box = new QComboBox;
        auto* number = new QSpinBox;
        auto* both = new QLineEdit;
        auto* row = new QHBoxLayout;
        row->addWidget(both);
        row->addWidget(new QPushButton(QStringLiteral("Choose")));
        form->addRow(QStringLiteral("&Line"), line);
        form->addRow(QStringLiteral("&Box"), box);
        form->addRow(QStringLiteral("&Number"), number);
        form->addRow(QStringLiteral("Bo&th"), row);
        form->addRow(QStringLiteral("&Text"), new QPlainTextEdit);
        auto* twice = new QWidget;
        auto* lines = new QVBoxLayout(twice);
        lines->setContentsMargins(0, 0, 0, 0);
        auto* first = new QLineEdit;
        lines->addWidget(first);
        lines->addWidget(new QSpinBox);
        form->addRow(QStringLiteral("T&wo lines"), twice);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QWidget* const fields[] = {line, box, number, both};
        for (int i = 0; i < 4; ++i) {
            const QWidget* label = form->itemAt(i, QFormLayout::LabelRole)->widget();
            const int apart = std::abs(label->geometry().center().y() - fields[i]->geometry().center().y());
            QVERIFY2(apart <= 1, qPrintable(QStringLiteral("row %1: %2 px apart").arg(i).arg(apart)));
        }
        const int apart = std::abs(form->itemAt(5, QFormLayout::LabelRole)->geometry().center().y() - first->mapTo(&window, first->rect().center()).y());
        QVERIFY2(apart <= 1, qPrintable(QStringLiteral("two lines: %1 px apart").arg(apart)));
        QVERIFY(form->itemAt(4, QFormLayout::LabelRole)->geometry().bottom() < form->itemAt(4, QFormLayout::FieldRole)->geometry().center().y());
    }

    // A name that its column cuts ends in an ellipsis, however much room the columns beside it have.
    void headsSayThatTheyAreCut()
    {
        Theme theme(*qApp);
        constexpr int kWidth = 90;
        QTableWidget table(1, 2);
        const auto pictureOf = [&table](const QString& name) {
            table.setHorizontalHeaderLabels({name, QStringLiteral("Other")});
            return table.horizontalHeader()->grab().toImage();
        };
        table.resize(600, 100);
        table.show();
        QVERIFY(QTest::qWaitForWindowExposed(&table));
        QHeaderView* header = table.horizontalHeader();
        header->setStretchLastSection(true);
        header->resizeSection(0, kWidth);
        QStyleOptionHeader option;
        option.initFrom(header);
        option.rect.setWidth(kWidth);
        const int room = header->style()->subElementRect(QStyle::SE_HeaderLabel, &option, header).width();
        const QString name = QStringLiteral("smaller and faster than all");
        const QString shown = header->fontMetrics().elidedText(name, Qt::ElideRight, room);
        QVERIFY(shown != name);
        QCOMPARE(pictureOf(name), pictureOf(shown));
        QVERIFY(pictureOf(name) != pictureOf(name.left(shown.size() - 1)));
    }

    // A choice that is longer than its box ends in an ellipsis, and what is typed keeps off the ring.
    void choicesSayThatTheyAreCut()
    {
        const QString whole = QStringLiteral("Data (*.jsonl *.ndjson *.json *.csv *.tsv *.txt)");
        const auto picture = [](const QString& text) {
            QComboBox box;
            box.addItem(text);
            box.resize(140, 28);
            return box.grab().toImage();
        };
        QComboBox box;
        box.addItem(whole);
        box.resize(140, 28);
        QStyleOptionComboBox option;
        option.initFrom(&box);
        const int room = box.style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, &box).width() - 2;
        const QString cut = box.fontMetrics().elidedText(whole, Qt::ElideRight, room);
        QVERIFY(cut.endsWith(u'\u2026') && cut.size() > 3);
        QCOMPARE(picture(whole), picture(cut));
        QVERIFY(picture(whole) != picture(QStringLiteral("Data")));

        QLineEdit line;
        line.resize(140, 28);
        QStyleOptionFrame frame;
        frame.initFrom(&line);
        frame.lineWidth = line.style()->pixelMetric(QStyle::PM_DefaultFrameWidth, &frame, &line);
        QVERIFY(line.style()->subElementRect(QStyle::SE_LineEditContents, &frame, &line).left() >= 3);
    }

    void iconsAreThereAndTinted()
    {
        Theme theme(*qApp);
        theme.setChoice(Theme::Choice::Light);
        (void)icon(QStringLiteral("play")); // takes the resources
        int found = 0;
        QDirIterator files(QStringLiteral(":/icons"), {QStringLiteral("*.svg")});
        while (files.hasNext()) {
            const QString name = QFileInfo(files.next()).completeBaseName();
            const QImage drawn = icon(name, Token::Accent).pixmap(48, 48).toImage().convertToFormat(QImage::Format_ARGB32);
            bool hasInk = false;
            for (int y = 0; y < drawn.height(); ++y) {
                for (int x = 0; x < drawn.width(); ++x) {
                    hasInk |= QColor::fromRgba(drawn.pixel(x, y)) == color(Token::Accent);
                }
            }
            QVERIFY2(hasInk, qPrintable(name));
            ++found;
        }
        QVERIFY(found >= 10);
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"

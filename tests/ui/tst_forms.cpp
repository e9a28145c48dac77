// SPDX-License-Identifier: GPL-3.0-or-later
// Forms derived from the tables of settings: complete for every part, honest about ranges, undoable.
#include "core/objectives/objectives.h"
#include "core/config/usual_rate.h"
#include "core/config/run_config.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/number_box.h"
#include "ui/forms/set_field.h"
#include "ui/forms/settings_form.h"
#include "ui/theme/theme.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/vertical_scroll.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QFocusEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>
#include <QtTest>

#include <vector>

using namespace luthier;
using namespace luthier::ui;

Q_DECLARE_METATYPE(const luthier::config::Part*)

class TestForms : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPartIsComplete_data()
    {
        QTest::addColumn<const config::Part*>("part");
        for (const config::Part& part : config::parts()) {
            QTest::newRow(part.key.c_str()) << &part;
        }
    }

    void everyPartIsComplete()
    {
        QFETCH(const config::Part*, part);
        RecipeDocument document;
        QUndoStack undo;
        SettingsForm form(&document, *part, &undo);
        form.show();
        for (const fields::Field& field : part->fields) {
            chooseRowOf(document, *part, field);
            const QString key = QString::fromStdString(part->key + "." + field.key);
            auto* editor = form.findChild<QWidget*>(key);
            QVERIFY2(editor != nullptr, qPrintable(key));
            QVERIFY2(!editor->accessibleName().isEmpty() && !editor->accessibleDescription().isEmpty(), qPrintable(key));
            QVERIFY2(editor->toolTip().contains(QString::fromStdString(field.help)), qPrintable(key));
            const auto labels = form.findChildren<QLabel*>();
            QVERIFY2(std::any_of(labels.begin(), labels.end(), [editor](const QLabel* label) { return label->buddy() == editor; }),
                     qPrintable(key));
            QVERIFY2(form.reveal(key) && editor->isVisibleTo(&form), qPrintable(key));
        }
    }

    void editorsChangeValuesAndUndo_data() { everyPartIsComplete_data(); }

    void editorsChangeValuesAndUndo()
    {
        QFETCH(const config::Part*, part);
        RecipeDocument document;
        QUndoStack undo;
        SettingsForm form(&document, *part, &undo);
        for (const fields::Field& field : part->fields) {
            chooseRowOf(document, *part, field);
            const FieldRef ref{part, &field};
            const fields::Value before = document.value(ref);
            if (!edit(form.findChild<QWidget*>(ref.key()))) {
                continue; // one choice only
            }
            const fields::Value after = document.value(ref);
            QVERIFY2(after != before, qPrintable(ref.key()));
            QCOMPARE(undo.count(), 1);
            undo.undo();
            QVERIFY2(document.value(ref) == before, qPrintable(ref.key()));
            undo.redo();
            QVERIFY2(document.value(ref) == after, qPrintable(ref.key()));
            undo.undo();
            undo.clear();
        }
    }

    void typingIsOneStepAndBackIsNone()
    {
        Fixture fixture("method");
        auto* rank = fixture.find<NumberBox>("method.rank");
        type(rank, QStringLiteral("64"));
        QCOMPARE(fixture.document.config().method.of<peft::LoraSettings>().rank, 64);
        QCOMPARE(fixture.undo.count(), 1);
        QVERIFY(fixture.undo.undoText().contains(QStringLiteral("Rank")));
        type(rank, QStringLiteral("16"));
        QCOMPARE(fixture.document.config().method.of<peft::LoraSettings>().rank, 16);
        QCOMPARE(fixture.undo.count(), 0); // as if nothing had been typed
    }

    // One step for each finished edit; what stood there half typed, or was no value, is none, and the widget itself undoes nothing.
    void undoGoesByFinishedEdits()
    {
        Fixture fixture("method");
        QAction* step = fixture.undo.createUndoAction(&fixture.form);
        step->setShortcut(QKeySequence::Undo);
        fixture.form.addAction(step);
        QVERIFY(QTest::qWaitForWindowActive(&fixture.form));
        auto* rank = fixture.find<NumberBox>("method.rank");
        const auto now = [&] { return fixture.document.config().method.of<peft::LoraSettings>().rank; };
        type(rank, QStringLiteral("32"));
        QTest::keyClick(rank, Qt::Key_Return);
        type(rank, QStringLiteral("128"));
        QCOMPARE(fixture.undo.count(), 2);
        QTest::keyClick(rank, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(now(), 32);
        QCOMPARE(rank->text(), QStringLiteral("32"));
        QTest::keyClick(rank, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(now(), 16);
        QCOMPARE(rank->text(), QStringLiteral("16"));
        QTest::keyClick(rank, Qt::Key_Z, Qt::ControlModifier); // there is nothing more
        QCOMPARE(rank->text(), QStringLiteral("16"));

        // "8" was a value on the way to what is none.
        type(rank, QStringLiteral("8x"));
        QCOMPARE(now(), 16);
        QVERIFY(fixture.form.hasProblem());
        QCOMPARE(fixture.undo.index(), 0);
        QTest::keyClick(rank, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(rank->text(), QStringLiteral("16"));
        QVERIFY(!fixture.form.hasProblem());
        type(rank, QStringLiteral("8x"));
        QTest::keyClick(rank, Qt::Key_Backspace);
        QCOMPARE(now(), 8);
        fixture.find<NumberBox>("method.alpha")->setFocus();
        rank->setFocus();
        type(rank, QStringLiteral("5000"));
        QCOMPARE(now(), 8);
        QCOMPARE(fixture.undo.index(), 1);
    }

    // What a line or a list says is undone as a whole, too, and each choice by itself.
    void undoGoesByFinishedTexts()
    {
        Fixture fixture("run");
        QAction* step = fixture.undo.createUndoAction(&fixture.form);
        step->setShortcut(QKeySequence::Undo);
        fixture.form.addAction(step);
        QVERIFY(fixture.form.reveal(QStringLiteral("run.probe_prompts")));
        QVERIFY(QTest::qWaitForWindowActive(&fixture.form));
        auto* prompts = fixture.find<QPlainTextEdit>("run.probe_prompts");
        QTest::keyClicks(prompts, QStringLiteral("one"));
        QTest::keyClick(prompts, Qt::Key_Return);
        QTest::keyClicks(prompts, QStringLiteral("two"));
        QCOMPARE(fixture.document.config().run.probePrompts.size(), std::size_t{2});
        QCOMPARE(fixture.undo.count(), 1);
        auto* name = fixture.find<QLineEdit>("run.name");
        name->setFocus();
        QTest::keyClicks(name, QStringLiteral("oak"));
        QCOMPARE(fixture.undo.count(), 2);
        QTest::keyClick(name, Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(name->text().isEmpty());
        QVERIFY(fixture.form.reveal(QStringLiteral("run.activation_checkpointing")));
        auto* box = fixture.find<QCheckBox>("run.activation_checkpointing");
        box->click();
        box->click();
        QCOMPARE(fixture.undo.count(), 3); // two, behind the prompts
    }

    // An empty field lacks something, and says what and how much.
    void emptyNumbersAreMissing()
    {
        int seen = 0;
        for (const config::Part& part : config::parts()) {
            RecipeDocument document;
            QUndoStack undo;
            SettingsForm form(&document, part, &undo);
            for (NumberBox* box : form.findChildren<NumberBox*>()) {
                const FieldRef field = RecipeDocument::find(box->objectName());
                for (const char* typed : {"", "  "}) {
                    const auto empty = document.parse(field, QLatin1String(typed));
                    QVERIFY(!empty);
                    const QString wanted = translatedLabel(*field.field) + QStringLiteral(": a number is missing");
                    QVERIFY2(QString::fromStdString(empty.message()).startsWith(wanted), empty.message().c_str());
                    QVERIFY2(empty.message().find('"') == std::string::npos, empty.message().c_str());
                }
                ++seen;
            }
        }
        QVERIFY(seen > 20);
    }

    // What is looked for is seen: scrolled to, marked, with the keys.
    void whatIsRevealedIsInSight()
    {
        RecipeDocument document;
        QUndoStack undo;
        auto* column = new QWidget;
        auto* layout = new QVBoxLayout(column);
        std::vector<SettingsForm*> forms;
        for (const char* part : {"method", "objective", "optimizer", "schedule", "run"}) {
            forms.push_back(new SettingsForm(&document, *Fixture::partOf(part), &undo));
            layout->addWidget(forms.back());
        }
        VerticalScroll scroll(column);
        scroll.resize(500, 300);
        scroll.show();
        QVERIFY(QTest::qWaitForWindowActive(&scroll));
        for (const char* key : {"run.seed", "method.rank", "run.label_smoothing_factor", "optimizer.weight_decay"}) {
            const QString name = QLatin1String(key);
            QVERIFY2(std::any_of(forms.begin(), forms.end(), [&](SettingsForm* form) { return form->reveal(name); }), key);
            auto* editor = column->findChild<QWidget*>(name);
            QVERIFY2(editor->hasFocus(), key);
            const auto inSight = [&] { return scroll.viewport()->rect().contains(QRect(editor->mapTo(scroll.viewport(), QPoint()), editor->size())); };
            QTRY_VERIFY2(inSight(), key);
            const auto labels = column->findChildren<QLabel*>();
            const auto label = std::find_if(labels.begin(), labels.end(), [&](const QLabel* l) { return l->buddy() == editor; });
            QVERIFY2((*label)->font().bold(), key);
            editor->clearFocus();
            QVERIFY2(!(*label)->font().bold(), key);
        }
    }

    void scientificNotationIsANumber()
    {
        Fixture fixture("optimizer");
        auto* rate = fixture.find<NumberBox>("optimizer.learning_rate");
        type(rate, QStringLiteral("3e-4"));
        QCOMPARE(fixture.document.config().optimizer.learningRate, 3e-4);
        QCOMPARE(rate->text(), QStringLiteral("3e-4"));
        QTest::keyClick(rate, Qt::Key_Up);
        QCOMPARE(fixture.document.config().optimizer.learningRate, 5e-4);
        QTest::keyClick(rate, Qt::Key_Down);
        QTest::keyClick(rate, Qt::Key_Down);
        QCOMPARE(fixture.document.config().optimizer.learningRate, 1e-4);
    }

    // "0,001" is a thousandth in every language, never one; digits are not grouped.
    void decimalsTakePointAndComma_data()
    {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<double>("taken"); // negative: refused
        QTest::addColumn<QString>("shown");
        QTest::newRow("point") << "0.001" << 0.001 << "0.001";
        QTest::newRow("comma") << "0,001" << 0.001 << "0.001";
        QTest::newRow("comma alone") << ",5" << 0.5 << "0.5";
        QTest::newRow("comma and exponent") << "2,5e-3" << 0.0025 << "0.0025";
        QTest::newRow("grouped") << "1,000,000" << -1.0 << "1,000,000";
        QTest::newRow("grouped with a point") << "1,000.5" << -1.0 << "1,000.5";
        QTest::newRow("grouped with a comma") << "1.000,5" << -1.0 << "1.000,5";
        QTest::newRow("a space") << "1 000" << -1.0 << "1 000";
    }

    void decimalsTakePointAndComma()
    {
        QFETCH(QString, typed);
        QFETCH(double, taken);
        QFETCH(QString, shown);
        for (const char* language : {"C", "en_US", "de_DE", "fr_FR"}) {
            QLocale::setDefault(QLocale(QLatin1String(language)));
            Fixture fixture("optimizer");
            fixture.find<QToolButton>("optimizerMore")->click();
            auto* decay = fixture.find<NumberBox>("optimizer.weight_decay");
            const FieldRef field = RecipeDocument::find(QStringLiteral("optimizer.weight_decay"));
            type(decay, typed);
            const bool isTaken = taken >= 0;
            QVERIFY(!isTaken || std::get<double>(fixture.document.value(field)) == taken);
            QCOMPARE(fixture.form.hasProblem(), !isTaken); // and nothing starts
            QFocusEvent leaving(QEvent::FocusOut);
            QApplication::sendEvent(decay, &leaving);
            // As every other number of the window stands there.
            QCOMPARE(decay->findChild<QLineEdit*>()->text(), isTaken ? QString(shown).replace(u'.', QLocale().decimalPoint()) : shown);
            if (!isTaken) {
                const QString sentence = fixture.find<QLabel>("optimizer.weight_decay.problem")->text();
                QVERIFY2(sentence.startsWith(QStringLiteral("Weight decay: ")), qPrintable(sentence));
            }
        }
        QLocale::setDefault(QLocale::c());
    }

    // Sentences of core name settings by their keys; here they have labels. What only looks like a key stays.
    void sentencesNameLabels_data()
    {
        QTest::addColumn<QString>("core");
        QTest::addColumn<QString>("window");
        const auto row = [](const char* core, const char* window) { QTest::newRow(core) << QString::fromUtf8(core) << QString::fromUtf8(window); };
        row("Lower optimizer.learning_rate to 1e-4.", "Lower \u201cLearning rate\u201d to 1e-4.");
        row("Train for fewer run.epochs.", "Train for fewer \u201cEpochs\u201d.");
        row("run.epochs: must be above 0 (run.epochs)", "\u201cEpochs\u201d: must be above 0 (\u201cEpochs\u201d)");
        row("/home/me/run.epochs/a.json is not there", "/home/me/run.epochs/a.json is not there");
        row("run.epochs.json is not there", "run.epochs.json is not there");
        row("my-run.epochs", "my-run.epochs");
        row("all is well.", "all is well.");
    }

    void sentencesNameLabels()
    {
        QFETCH(QString, core);
        QTEST(withLabels(core), "window");
    }

    void wholeNumbersRefuseMarks()
    {
        Fixture fixture("method");
        auto* rank = fixture.find<NumberBox>("method.rank");
        for (const char* typed : {"1,000", "1.5", "8,0"}) {
            type(rank, QLatin1String(typed));
            QVERIFY2(fixture.form.hasProblem(), typed);
            QVERIFY(fixture.find<QLabel>("method.rank.problem")->text().startsWith(QStringLiteral("Rank: ")));
        }
    }

    // The fields of other pages, likewise.
    void plainFieldsTakeBothMarks()
    {
        for (const char* language : {"C", "en_US", "de_DE"}) {
            QLocale::setDefault(QLocale(QLatin1String(language)));
            RealField real;
            real.setDecimals(3);
            real.setRange(0, 5000);
            WholeField whole;
            whole.setRange(0, 5000);
            real.show();
            whole.show();
            type(&real, QStringLiteral("0,125"));
            QCOMPARE(real.value(), 0.125);
            type(&real, QStringLiteral("0.25"));
            QCOMPARE(real.value(), 0.25);
            type(&whole, QStringLiteral("1,5"));
            QCOMPARE(whole.value(), 15); // the comma is a key that does nothing, and one sees it
            QCOMPARE(whole.text(), QStringLiteral("15"));
        }
        QLocale::setDefault(QLocale::c());
    }

    void outOfRangeIsSaidInPlaceAndChangesNothing()
    {
        Fixture fixture("method");
        auto* rank = fixture.find<NumberBox>("method.rank");
        auto* problem = fixture.find<QLabel>("method.rank.problem");
        QVERIFY(problem->isHidden());
        QSignalSpy told(&fixture.form, &SettingsForm::problemsChanged);
        type(rank, QStringLiteral("0"));
        QCOMPARE(fixture.document.config().method.of<peft::LoraSettings>().rank, 16);
        QVERIFY(!problem->isHidden() && problem->text().contains(QStringLiteral("1 to 4096")));
        QVERIFY(fixture.form.hasProblem() && told.count() > 0);
        type(rank, QStringLiteral("abc"));
        QVERIFY(fixture.form.hasProblem());
        type(rank, QStringLiteral("8"));
        QVERIFY(problem->isHidden() && !fixture.form.hasProblem());
        QCOMPARE(fixture.document.config().method.of<peft::LoraSettings>().rank, 8);
    }

    void usualValueStandsBesideAChangedOne()
    {
        Fixture fixture("run");
        auto* reset = fixture.find<QToolButton>("run.epochs.reset");
        QVERIFY(!reset->isVisibleTo(&fixture.form));
        type(fixture.find<NumberBox>("run.epochs"), QStringLiteral("7"));
        QVERIFY(reset->isVisibleTo(&fixture.form));
        QCOMPARE(fixture.find<QLabel>("run.epochs.usual")->text(), QStringLiteral("usually 3"));
        reset->click();
        QCOMPARE(fixture.document.config().run.epochs, 3.0);
        QVERIFY(!reset->isVisibleTo(&fixture.form));
        // By keys the setting has them then, not whatever stands below.
        fixture.form.show();
        QVERIFY(QTest::qWaitForWindowActive(&fixture.form));
        type(fixture.find<NumberBox>("run.epochs"), QStringLiteral("7"));
        reset->setFocus(Qt::TabFocusReason);
        QVERIFY(reset->hasFocus());
        QTest::keyClick(reset, Qt::Key_Space);
        QVERIFY(fixture.find<NumberBox>("run.epochs")->hasFocus());
    }

    void methodDecidesTheUsualRate()
    {
        RecipeDocument document;
        const FieldRef rate = RecipeDocument::find(QStringLiteral("optimizer.learning_rate"));
        for (const peft::Method& method : peft::methods()) {
            document.replace(usualConfig(method.id));
            QCOMPARE(std::get<double>(document.usual(rate)), method.usualLearningRate);
            QVERIFY(document.value(rate) == document.usual(rate));
        }
    }

    // The objective decides it as well: the rate follows while it is the usual one, in one step, and what a person chose stays.
    void objectiveDecidesTheUsualRate()
    {
        RecipeDocument document;
        QUndoStack stack;
        document.replace(usualConfig("lora"));
        const FieldRef rate = RecipeDocument::find(QStringLiteral("optimizer.learning_rate"));
        const FieldRef kind = RecipeDocument::find(QStringLiteral("objective.kind"));
        const double ofExamples = std::get<double>(document.value(rate));
        for (const objectives::Objective& objective : objectives::objectives()) {
            setKind(&stack, &document, kind, objective.id, QStringLiteral("objective"));
            QCOMPARE(std::get<double>(document.value(rate)), ofExamples * objective.rateShare);
        }
        QVERIFY(std::get<double>(document.value(rate)) < ofExamples);
        while (stack.canUndo()) {
            stack.undo();
        }
        QCOMPARE(std::get<double>(document.value(rate)), ofExamples);
        stack.push(new SetField(&document, rate, 0.0123));
        setKind(&stack, &document, kind, std::string("dpo"), QStringLiteral("objective"));
        QCOMPARE(std::get<double>(document.value(rate)), 0.0123);
        QVERIFY(document.usual(rate) == fields::Value(config::usualRate("lora", "dpo")));
    }

    // Whatever their heights, in each line of several.
    void whatFlowsStandsLevel()
    {
        QWidget window;
        auto* flow = new FlowLayout(4, &window);
        std::vector<QWidget*> things;
        for (const int height : {10, 30, 20, 8}) {
            auto* thing = new QWidget;
            thing->setFixedSize(40, height);
            flow->addWidget(thing);
            things.push_back(thing);
        }
        flow->setGeometry(QRect(0, 0, 100, 100)); // room for two in a line
        QCOMPARE(things[0]->geometry(), QRect(0, 10, 40, 10));
        QCOMPARE(things[1]->geometry(), QRect(44, 0, 40, 30));
        QCOMPARE(things[2]->geometry(), QRect(0, 34, 40, 20));
        QCOMPARE(things[3]->geometry(), QRect(44, 40, 40, 8));
        QCOMPARE(flow->heightForWidth(100), 54);
    }

    void advancedFieldsAreFolded()
    {
        Fixture fixture("optimizer");
        auto* beta = fixture.find<NumberBox>("optimizer.beta1");
        QVERIFY(!beta->isVisibleTo(&fixture.form));
        fixture.find<QToolButton>("optimizerMore")->click();
        QVERIFY(beta->isVisibleTo(&fixture.form));
    }

    // A recipe of old that holds a choice which is not offered any more shows it as long as it holds it.
    void whatIsNotOfferedIsShownWhereItIsHeld()
    {
        Fixture fixture("model");
        const FieldRef key = RecipeDocument::find(QStringLiteral("model.dtype"));
        auto* dtype = fixture.find<QComboBox>("model.dtype");
        const int offered = dtype->count();
        QCOMPARE(dtype->findData(QStringLiteral("fp16")), -1);
        QVERIFY(fixture.document.setValue(key, std::string("fp16")).ok());
        QCOMPARE(dtype->currentData().toString(), QStringLiteral("fp16"));
        QVERIFY(dtype->currentText().contains(QStringLiteral("not for training")));
        QVERIFY(fixture.document.setValue(key, std::string("bf16")).ok());
        QCOMPARE(dtype->count(), offered);
        QCOMPARE(dtype->currentData().toString(), QStringLiteral("bf16"));
        QVERIFY(fixture.document.setValue(key, std::string("fp16")).ok());
        QTest::keyClick(dtype, Qt::Key_Home); // a person leaves it
        QCOMPARE(fixture.document.config().model.dtype, std::string("auto"));
        QCOMPARE(dtype->findData(QStringLiteral("fp16")), -1);
    }

    void onlyTheChosenRowIsShown()
    {
        Fixture fixture("method");
        auto* rank = fixture.find<NumberBox>("method.rank");
        auto* tokens = fixture.find<NumberBox>("method.num_virtual_tokens");
        QVERIFY(rank->isVisibleTo(&fixture.form) && !tokens->isVisibleTo(&fixture.form));
        type(rank, QStringLiteral("5"));
        choose(fixture.document, "method", "prefix");
        QVERIFY(!rank->isVisibleTo(&fixture.form) && tokens->isVisibleTo(&fixture.form));
        QVERIFY(!fixture.form.reveal(QStringLiteral("method.rank")));
        type(tokens, QStringLiteral("7"));
        choose(fixture.document, "method", "prompt");
        QVERIFY(tokens->isVisibleTo(&fixture.form)); // shared: so is its value
        QCOMPARE(tokens->text(), QStringLiteral("7"));
        choose(fixture.document, "method", "lora");
        QVERIFY(rank->isVisibleTo(&fixture.form));
        QCOMPARE(rank->text(), QStringLiteral("5"));
    }

    void theOptimizersFormFollowsItsKind()
    {
        Fixture fixture("optimizer");
        fixture.find<QToolButton>("optimizerMore")->click();
        auto* kind = fixture.find<QComboBox>("optimizer.kind");
        auto* decay = fixture.find<NumberBox>("optimizer.weight_decay");
        auto* beta = fixture.find<NumberBox>("optimizer.beta1");
        auto* momentum = fixture.find<NumberBox>("optimizer.momentum");
        QVERIFY(beta->isVisibleTo(&fixture.form) && !momentum->isVisibleTo(&fixture.form));
        type(decay, QStringLiteral("0.2"));
        QTest::keyClick(kind, Qt::Key_End); // the table's last row
        QCOMPARE(fixture.document.config().optimizer.kind, std::string("sgd"));
        QVERIFY(!beta->isVisibleTo(&fixture.form) && momentum->isVisibleTo(&fixture.form));
        QVERIFY(decay->isVisibleTo(&fixture.form));
        QCOMPARE(decay->text(), QStringLiteral("0.2"));
        fixture.undo.undo();
        QVERIFY(beta->isVisibleTo(&fixture.form) && !momentum->isVisibleTo(&fixture.form));
    }

    void aRowsRuleStandsAtItsFieldsWhileItIsChosen()
    {
        Fixture fixture("optimizer");
        fixture.find<QToolButton>("optimizerMore")->click();
        choose(fixture.document, "optimizer", "sgd");
        auto* problem = fixture.find<QLabel>("optimizer.momentum.problem");
        fixture.find<QCheckBox>("optimizer.nesterov")->click();
        QVERIFY(!problem->isVisibleTo(&fixture.form));
        type(fixture.find<NumberBox>("optimizer.momentum"), QStringLiteral("0"));
        QVERIFY(problem->isVisibleTo(&fixture.form) && problem->text().contains(QStringLiteral("Nesterov")));
        QVERIFY(fixture.find<QLabel>("optimizer.nesterov.problem")->isVisibleTo(&fixture.form));
        choose(fixture.document, "optimizer", "adamw");
        QVERIFY(problem->text().isEmpty());
    }

    void brokenRulesStandAtTheirFields()
    {
        RecipeDocument document; // no model, no data: rules about both are broken
        QUndoStack undo;
        const auto rules = document.brokenRules();
        QVERIFY(!rules.empty());
        for (const config::BrokenRule& rule : rules) {
            for (const std::string& key : rule.keys) {
                const FieldRef field = RecipeDocument::find(QString::fromStdString(key));
                QVERIFY2(field, key.c_str());
                SettingsForm form(&document, *field.part, &undo);
                form.reveal(field.key());
                auto* problem = form.findChild<QLabel*>(field.key() + QStringLiteral(".problem"));
                QVERIFY2(problem->isVisibleTo(&form) && !problem->text().isEmpty(), key.c_str());
            }
        }
    }

    void recipesChangeEverythingInOneStep()
    {
        RecipeDocument document;
        QUndoStack undo;
        config::RunConfig other;
        other.run.epochs = 9;
        other.method.of<peft::LoraSettings>().rank = 4;
        undo.push(new SetRecipe(&document, other, QStringLiteral("recipe")));
        QCOMPARE(document.config().run.epochs, 9.0);
        QCOMPARE(document.config().method.of<peft::LoraSettings>().rank, 4);
        undo.undo();
        QCOMPARE(document.config().run.epochs, 3.0);
        QCOMPARE(document.config().method.of<peft::LoraSettings>().rank, 16);
    }

private:
    struct Fixture {
        explicit Fixture(const char* part) : form(&document, *partOf(part), &undo) { form.show(); }

        static const config::Part* partOf(const std::string& key)
        {
            for (const config::Part& part : config::parts()) {
                if (part.key == key) {
                    return &part;
                }
            }
            return nullptr;
        }

        template <class T>
        T* find(const char* name)
        {
            T* found = form.findChild<T*>(QString::fromLatin1(name));
            Q_ASSERT(found != nullptr);
            return found;
        }

        RecipeDocument document;
        QUndoStack undo;
        SettingsForm form;
    };

    static void type(QWidget* box, const QString& text)
    {
        box->setFocus();
        QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(box, text);
    }

    static void choose(RecipeDocument& document, const char* part, const std::string& row)
    {
        const FieldRef kind = RecipeDocument::find(QString::fromLatin1(part) + QStringLiteral(".kind"));
        QVERIFY(document.setValue(kind, row).ok());
    }

    // A row that has the setting, where the part's own do not.
    static void chooseRowOf(RecipeDocument& document, const config::Part& part, const fields::Field& field)
    {
        if (config::applies(document.config(), part, field)) {
            return;
        }
        const auto row = std::find_if(part.rows.begin(), part.rows.end(), [&](const fields::Row* r) { return r->has(field.key); });
        choose(document, part.key.c_str(), (*row)->id);
    }

    // Changes whatever the editor edits; false: there is nothing else to choose.
    static bool edit(QWidget* editor)
    {
        if (auto* box = qobject_cast<QCheckBox*>(editor)) {
            box->click();
        } else if (auto* combo = qobject_cast<QComboBox*>(editor)) {
            if (combo->count() < 2) {
                return false;
            }
            QTest::keyClick(combo, combo->currentIndex() == 0 ? Qt::Key_Down : Qt::Key_Up);
        } else if (auto* number = qobject_cast<NumberBox*>(editor)) {
            const double before = number->text().toDouble();
            number->stepBy(1);
            if (number->text().toDouble() == before) { // at its upper end
                number->stepBy(-1);
            }
        } else if (auto* line = qobject_cast<QLineEdit*>(editor)) {
            QTest::keyClicks(line, QStringLiteral("x"));
        } else if (auto* lines = qobject_cast<QPlainTextEdit*>(editor)) {
            lines->setPlainText(QStringLiteral("one\ntwo"));
        } else {
            qFatal("an editor of an unknown kind: %s", qPrintable(editor->objectName()));
        }
        return true;
    }
};

QTEST_MAIN(TestForms)
#include "tst_forms.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_recipes.h"

#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/recipes/foreign.h"
#include "ui/bridge/job.h"
#include "ui/forms/set_field.h"
#include "ui/pages/tune/tune_presets.h"
#include "ui/theme/icons.h"
#include "ui/widgets/file_dialog.h"
#include "ui/workspace/workspace.h"

#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QPlainTextEdit>
#include <QUndoStack>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

namespace fs = std::filesystem;

const char kFilter[] = QT_TRANSLATE_NOOP("luthier::ui::TuneRecipes", "Recipe (*.json)");

Result<void> writeRecipe(const config::RunConfig& config, const fs::path& path)
{
    if (Result<void> made = base::makeDirectories(path.parent_path()); !made) {
        return made;
    }
    return base::writeFileAtomically(path, base::dumpJson(config::toJson(config), 2) + "\n");
}

// For a shell: quoted unless plainly safe.
QString quoted(const QString& text)
{
    for (const QChar c : text) {
        if (!c.isLetterOrNumber() && !QStringLiteral("/._-+=:,@").contains(c)) {
            return u'\'' + QString(text).replace(u'\'', QStringLiteral("'\\''")) + u'\'';
        }
    }
    return text;
}

} // namespace

Result<config::RunConfig> readRecipeFile(const QString& path)
{
    Result<config::RunConfig> recipe = config::readRecipe(path.toStdString());
    if (!recipe) {
        return recipe;
    }
    std::error_code code;
    for (std::string& file : recipe->data.train) {
        const fs::path bundled = base::datasetsFolder() / fs::path(file).filename();
        if (!fs::exists(file, code) && fs::exists(bundled, code)) {
            file = bundled.string();
        }
    }
    if (!fs::exists(recipe->model.path, code) && fs::path(recipe->model.path).filename() == base::bundledModel().filename()) {
        recipe->model.path = base::bundledModel().string();
    }
    return recipe;
}

TuneRecipes::TuneRecipes(RecipeDocument* document, Workspace& workspace, QWidget* parent)
    : QToolButton(parent), m_document(document), m_workspace(workspace)
{
    setObjectName(QStringLiteral("recipes"));
    setText(tr("Recipe"));
    setIcon(ui::icon(QStringLiteral("chevron-down"), Token::TextQuiet));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setToolTip(tr("Presets, recipe files, and the command that does the same"));
    setPopupMode(QToolButton::InstantPopup);
    setAutoRaise(true);
    struct Row {
        const char* id;
        QString text;
        QString help;
        void (TuneRecipes::*run)();
        bool separatorBefore;
    };
    const Row rows[] = {
        {"usualValues", tr("Usual values"), tr("The usual starting point for this method and objective; model and data stay"),
         &TuneRecipes::useUsualValues, false},
        {"firstTune", tr("First tune"), tr("The bundled model learns a house style from the bundled data, in minutes"),
         &TuneRecipes::useFirstTune, false},
        {"openRecipe", tr("Open recipe\u2026"), tr("Take all settings from a recipe file"), &TuneRecipes::openRecipe, true},
        {"saveRecipe", tr("Save recipe\u2026"), tr("Write all settings to a recipe file"), &TuneRecipes::saveRecipe, false},
        {"compareRecipe", tr("Compare with recipe\u2026"), tr("Settings in which a recipe file differs from these"), &TuneRecipes::compareRecipe, false},
        {"importRecipe", tr("Import from another program\u2026"), tr("A configuration of TRL, Axolotl, LLaMA-Factory or PEFT; what cannot be carried over is said"),
         &TuneRecipes::importRecipe, true},
        {"copyAsCommand", tr("Copy as command"), tr("Save the recipe in the project and copy the command that runs it"),
         &TuneRecipes::copyAsCommand, true},
    };
    auto* menu = new QMenu(this);
    menu->setToolTipsVisible(true);
    for (const Row& row : rows) {
        if (row.separatorBefore) {
            menu->addSeparator();
        }
        QAction* action = menu->addAction(row.text);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setToolTip(row.help);
        connect(action, &QAction::triggered, this, row.run);
    }
    auto* presets = new TunePresets(m_document, m_workspace, menu);
    connect(presets, &TunePresets::compareWanted, this, &TuneRecipes::compareWith);
    menu->insertMenu(menu->actions().at(2), presets); // behind the two that are always there
    auto* exports = new QMenu(tr("Export for"), menu);
    exports->setObjectName(QStringLiteral("exportRecipe"));
    for (const recipes::Program& program : recipes::programs()) {
        if (!program.isWritten) {
            continue;
        }
        QAction* action = exports->addAction(QString::fromUtf8(program.label) + QStringLiteral("\u2026"));
        action->setObjectName(QStringLiteral("exportRecipe.") + QString::fromUtf8(program.id));
        connect(action, &QAction::triggered, this, [this, id = QString::fromUtf8(program.id), file = QString::fromUtf8(program.file)] {
            auto* dialog = saveDialog(this, QStringLiteral("recipe"), tr("Export recipe"), {tr("YAML (*.yaml *.yml)")}, QStringLiteral("yaml"));
            dialog->selectFile(file);
            connect(dialog, &QFileDialog::fileSelected, this, [this, id](const QString& path) { exportTo(id, path); });
            dialog->open();
        });
    }
    const auto actions = menu->actions();
    menu->insertMenu(actions.last(), exports);
    setMenu(menu);
}

void TuneRecipes::useUsualValues()
{
    config::RunConfig usual = usualConfig(m_document->config().method.kind, m_document->config().objective.kind);
    usual.objective.kind = m_document->config().objective.kind;
    usual.model = m_document->config().model;
    usual.data.train = m_document->config().data.train;
    usual.data.heldOut = m_document->config().data.heldOut;
    usual.data.format = m_document->config().data.format;
    usual.run.name = m_document->config().run.name;
    take(usual, tr("usual values"));
}

void TuneRecipes::useFirstTune()
{
    openFile(QString::fromStdString((base::resourcesFolder() / "recipes" / "first_tune.json").string()));
}

void TuneRecipes::openFile(const QString& path)
{
    startJob(this, [path] { return readRecipeFile(path); }, [this, path](const Result<config::RunConfig>& recipe) {
        take(recipe, QFileInfo(path).fileName());
    });
}

void TuneRecipes::take(const Result<config::RunConfig>& recipe, const QString& name)
{
    if (!recipe) {
        m_workspace.say(QString::fromStdString(recipe.message()));
        return;
    }
    m_workspace.undoStack()->push(new SetRecipe(m_document, *recipe, tr("recipe %1").arg(name)));
    m_workspace.say(tr("Settings taken from %1").arg(name));
}

void TuneRecipes::askToOpen(const QString& title, const QString& filter, void (TuneRecipes::*take)(const QString&))
{
    auto* dialog = openDialog(this, QStringLiteral("recipe"), title, QFileDialog::ExistingFile, {filter});
    connect(dialog, &QFileDialog::fileSelected, this, take);
    dialog->open();
}

void TuneRecipes::openRecipe()
{
    askToOpen(tr("Open recipe"), tr(kFilter), &TuneRecipes::openFile);
}

void TuneRecipes::compareRecipe()
{
    askToOpen(tr("Compare with recipe"), tr(kFilter), &TuneRecipes::compareWith);
}

void TuneRecipes::importRecipe()
{
    askToOpen(tr("Import from another program"), tr("Configurations (*.yaml *.yml *.json)"), &TuneRecipes::importFile);
}

void TuneRecipes::compareWith(const QString& path)
{
    startJob(this, [path] { return readRecipeFile(path); }, [this, path](const Result<config::RunConfig>& recipe) {
        if (!recipe) {
            m_workspace.say(QString::fromStdString(recipe.message()));
            return;
        }
        QStringList lines;
        const auto shown = [](const std::string& value) { return value.empty() ? tr("nothing") : QString::fromStdString(value); };
        for (const config::Difference& row : config::difference(m_document->config(), *recipe)) {
            //: a setting, its value here, its value in the file
            lines += tr("%1: %2 here, %3 there").arg(QString::fromStdString(row.key), shown(row.left), shown(row.right));
        }
        tell(tr("What differs from %1").arg(QFileInfo(path).fileName()), lines.isEmpty() ? QStringList{tr("Nothing: all settings are equal.")} : lines);
    });
}

void TuneRecipes::importFile(const QString& path)
{
    startJob(this, [path] { return recipes::readForeign(path.toStdString()); }, [this, path](const Result<recipes::Imported>& imported) {
        if (!imported) {
            m_workspace.say(QString::fromStdString(imported.message()));
            return;
        }
        take(imported->config, QFileInfo(path).fileName());
        QStringList lines;
        for (const recipes::Lost& lost : imported->lost) {
            lines += tr("Not carried over: %1: %2. %3").arg(QString::fromStdString(lost.key), QString::fromStdString(lost.value), QString::fromStdString(lost.why));
        }
        for (const std::string& note : imported->notes) {
            lines += QString::fromStdString(note);
        }
        for (const recipes::Carried& carried : imported->carried) {
            lines += tr("Taken: %1 as %2").arg(QString::fromStdString(carried.theirs), QString::fromStdString(carried.ours));
        }
        tell(tr("Imported from %1").arg(QFileInfo(path).fileName()), lines);
    });
}

void TuneRecipes::exportTo(const QString& program, const QString& path)
{
    const auto work = [config = m_document->config(), program, path]() -> Result<recipes::Exported> {
        auto exported = recipes::writeForeign(config, program.toStdString());
        const auto saved = exported ? base::writeFileAtomically(path.toStdString(), exported->text) : Result<void>(exported.error());
        return saved ? exported : Result<recipes::Exported>(saved.error());
    };
    startJob(this, work, [this, path](const Result<recipes::Exported>& exported) {
        if (!exported) {
            m_workspace.say(QString::fromStdString(exported.message()));
            return;
        }
        m_workspace.say(tr("Saved %1").arg(path));
        QStringList lines;
        for (const recipes::Lost& lost : exported->lost) {
            lines += tr("Not carried over: %1: %2. %3").arg(QString::fromStdString(lost.key), QString::fromStdString(lost.value), QString::fromStdString(lost.why));
        }
        for (const std::string& note : exported->notes) {
            lines += QString::fromStdString(note);
        }
        if (!lines.isEmpty()) {
            tell(tr("Exported to %1").arg(QFileInfo(path).fileName()), lines);
        }
    });
}

void TuneRecipes::tell(const QString& title, const QStringList& lines)
{
    auto* dialog = new QDialog(this);
    dialog->setObjectName(QStringLiteral("recipeTold"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* text = new QPlainTextEdit(lines.join(u'\n'));
    text->setObjectName(QStringLiteral("recipeToldText"));
    text->setAccessibleName(title);
    text->setReadOnly(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(text, 1);
    layout->addWidget(buttons);
    dialog->resize(space(120), space(70));
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    dialog->open();
}

void TuneRecipes::saveRecipe()
{
    QFileDialog* dialog = saveDialog(this, QStringLiteral("recipe"), tr("Save recipe"), {tr(kFilter)}, QStringLiteral("json"));
    connect(dialog, &QFileDialog::fileSelected, this, &TuneRecipes::saveRecipeTo);
    dialog->open();
}

void TuneRecipes::saveRecipeTo(const QString& path)
{
    startJob(this, [config = m_document->config(), path] { return writeRecipe(config, path.toStdString()); },
             [this, path](const Result<void>& saved) { m_workspace.say(saved ? tr("Saved %1").arg(path) : QString::fromStdString(saved.error().message)); });
}

void TuneRecipes::copyAsCommand()
{
    const auto project = m_workspace.project();
    if (!project) {
        m_workspace.say(tr("Open a project first: the recipe is saved there."));
        return;
    }
    const fs::path recipe = project->folder() / "recipes" / "last.json";
    startJob(this, [config = m_document->config(), recipe] { return writeRecipe(config, recipe); },
             [this, recipe, folder = project->folder()](const Result<void>& saved) {
                 if (!saved) {
                     m_workspace.say(QString::fromStdString(saved.error().message));
                     return;
                 }
                 const QString command = QStringLiteral("luthier tune %1 --project %2")
                                             .arg(quoted(QString::fromStdString(recipe.string())),
                                                  quoted(QString::fromStdString(folder.string())));
                 QGuiApplication::clipboard()->setText(command);
                 m_workspace.say(tr("Copied: %1").arg(command));
             });
}

} // namespace luthier::ui

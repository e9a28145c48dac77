// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_page.h"

#include "core/hub/hub_cache.h"
#include "core/hub/hub_settings.h"
#include "ui/base/local_files.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"
#include "ui/bridge/token_store.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/dialogs/token_dialog.h"
#include "ui/models/library/downloads.h"
#include "ui/pages/chat/chat_card.h"
#include "ui/pages/models/models_details.h"
#include "ui/pages/models/models_downloads.h"
#include "ui/pages/models/models_first.h"
#include "ui/pages/models/models_list.h"
#include "ui/pages/models/models_search.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QDesktopServices>
#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

// What deleting a model means: the whole folder of the cache, with its other revisions.
QString folderToDelete(const hub::InstalledModel& model)
{
    if (model.source == hub::ModelSource::Hub) {
        return QString::fromStdString((hub::hubCacheFolder() / hub::RepoName{model.repo}.folder()).string());
    }
    return QString::fromStdString(model.path.string());
}

} // namespace

ModelsPage::ModelsPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_add(new QAction(tr("Add a model\u2026"), this)), m_downloads(new Downloads(workspace.settings(), this)),
      m_list(new ModelsList(workspace.models())), m_search(new ModelsSearch(m_downloads)), m_downloadList(new ModelsDownloads(m_downloads)),
      m_details(new ModelsDetails), m_chat(new ChatCard(tr("Try it"))), m_problem(new StatusLabel(Token::Bad))
{
    setObjectName(QStringLiteral("modelsPage"));
    setAcceptDrops(true);
    m_add->setToolTip(tr("Use a model folder where it lies"));
    build();
    connectParts();
    setFirstControl(m_list->view());
    m_downloads->tokens()->load();
    m_workspace.models()->refresh();
    showModel(m_list->current());
}

void ModelsPage::build()
{
    m_problem->setObjectName(QStringLiteral("modelsProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* lists = new QSplitter(Qt::Vertical);
    lists->setObjectName(QStringLiteral("modelsLists"));
    lists->setChildrenCollapsible(false);
    lists->addWidget(m_list);
    lists->addWidget(m_search);
    auto* left = new QWidget;
    auto* leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, 0, 0);
    leftLayout->addWidget(m_problem);
    leftLayout->addWidget(lists, 1);
    leftLayout->addWidget(new ModelsFirst(m_workspace.models(), m_downloads, this));
    leftLayout->addWidget(m_downloadList);
    auto* right = new QWidget;
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(m_details);
    rightLayout->addWidget(m_chat, 1);
    auto* work = new QSplitter;
    work->setObjectName(QStringLiteral("modelsSplitter"));
    work->setChildrenCollapsible(false);
    work->addWidget(left);
    work->addWidget(right);
    const int column = fontMetrics().averageCharWidth();
    work->setSizes({column * 72, column * 80});
    work->setStretchFactor(0, 1);
    work->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(work);
}

void ModelsPage::connectParts()
{
    connect(m_add, &QAction::triggered, this, &ModelsPage::askForFolder);
    connect(m_list, &ModelsList::addFileWanted, this, &ModelsPage::askForFile);
    connect(m_list, &ModelsList::chosen, this, &ModelsPage::showModel);
    connect(m_list, &ModelsList::activated, this, &ModelsPage::useInTune);
    connect(m_list, &ModelsList::deleteWanted, this, &ModelsPage::deleteModel);
    connect(m_details, &ModelsDetails::tuneWanted, this, &ModelsPage::useInTune);
    connect(m_details, &ModelsDetails::chatWanted, this, [this](const QString& path) { Q_EMIT m_workspace.pageWanted(QStringLiteral("chat"), path); });
    connect(m_details, &ModelsDetails::revealWanted, this, &ModelsPage::revealInFolder);
    connect(m_details, &ModelsDetails::deleteWanted, this, &ModelsPage::deleteModel);
    connect(m_search, &ModelsSearch::tokenWanted, this, &ModelsPage::showToken);
    connect(m_downloadList, &ModelsDownloads::tokenWanted, this, &ModelsPage::showToken);
    connect(m_downloadList, &ModelsDownloads::shown, this, &ModelsPage::reveal);
    connect(m_downloads, &Downloads::finished, this, [this](const QString& name) {
        m_workspace.models()->refresh();
        m_workspace.say(tr("%1 is here and checked.").arg(name));
    });
}

void ModelsPage::activated()
{
    m_workspace.models()->refresh(); // other programs share the cache
}

void ModelsPage::openFile(const QString& path)
{
    if (!ModelLibrary::isModel(path)) {
        sayProblem(tr("%1 is no model: a folder needs a config.json, a single file the ending .gguf.").arg(QFileInfo(path).fileName()));
        return;
    }
    m_problem->hide();
    const QString clean = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    m_list->choose(clean);
    m_workspace.models()->add(clean);
}

void ModelsPage::reveal(const QString& what)
{
    m_list->choose(what);
}

void ModelsPage::dragEnterEvent(QDragEnterEvent* event)
{
    const QStringList files = localFiles(event->mimeData());
    if (std::any_of(files.begin(), files.end(), &ModelLibrary::isModel)) {
        event->acceptProposedAction();
    }
}

void ModelsPage::dropEvent(QDropEvent* event)
{
    for (const QString& path : localFiles(event->mimeData())) {
        openFile(path);
    }
    event->acceptProposedAction();
}

void ModelsPage::askForFolder()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("model"), tr("Add a model folder"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &ModelsPage::openFile);
    dialog->open();
}

void ModelsPage::askForFile()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("model"), tr("Add a GGUF file"), QFileDialog::ExistingFile, {tr("GGUF models (*.gguf)")});
    connect(dialog, &QFileDialog::fileSelected, this, &ModelsPage::openFile);
    dialog->open();
}

void ModelsPage::showModel(const QString& path)
{
    const hub::InstalledModel* model = m_workspace.models()->find(path);
    m_details->show(model);
    const bool canTalk = model != nullptr && model->problem.empty() && model->weightBytes > 0;
    m_chat->setPartner(canTalk ? ChatPartner{path, QString::fromStdString(model->name), path, {}} : ChatPartner{});
}

void ModelsPage::useInTune(const QString& path)
{
    const hub::InstalledModel* model = m_workspace.models()->find(path);
    if (model == nullptr || !model->problem.empty()) {
        return;
    }
    m_workspace.setModelPath(path);
    Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {});
}

void ModelsPage::revealInFolder(const QString& path)
{
    const QFileInfo info(path);
    QDesktopServices::openUrl(QUrl::fromLocalFile(info.isDir() ? path : info.path()));
}

void ModelsPage::deleteModel(const QString& path)
{
    const hub::InstalledModel* model = m_workspace.models()->find(path);
    if (model == nullptr) {
        return;
    }
    if (model->source == hub::ModelSource::Added) {
        m_workspace.models()->forget(path);
        m_workspace.say(tr("%1 is off the list; its files are where they were.").arg(QString::fromStdString(model->name)));
        return;
    }
    if (model->source != hub::ModelSource::Hub && model->source != hub::ModelSource::Own) {
        return;
    }
    const QString name = QString::fromStdString(model->source == hub::ModelSource::Hub ? model->repo : model->name);
    const QString folder = folderToDelete(*model);
    auto* question = new QMessageBox(QMessageBox::Question, tr("Delete %1?").arg(name), tr("Move %1 to the trash?").arg(name), QMessageBox::Cancel, this);
    question->setObjectName(QStringLiteral("deleteQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setInformativeText(model->source == hub::ModelSource::Hub ? tr("It lies in the cache that other programs share: they lose it, too. %1").arg(folder) : folder);
    QPushButton* yes = question->addButton(tr("Move to the trash"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("deleteYes"));
    connect(yes, &QPushButton::clicked, this, [this, folder, name] { moveToTrash(folder, name); });
    question->open();
}

void ModelsPage::moveToTrash(const QString& folder, const QString& name)
{
    m_chat->setPartner({}); // its files must not be open
    startJob(this, [folder] { return QFile::moveToTrash(folder); }, [this, name, folder](bool moved) {
        if (moved) {
            m_problem->hide();
            m_workspace.say(tr("%1 is in the trash.").arg(name));
        } else {
            sayProblem(tr("%1 could not be moved to the trash: perhaps its disk has none, or permission is missing. It lies at %2.").arg(name, folder));
        }
        m_workspace.models()->refresh();
    });
}

void ModelsPage::showToken()
{
    (new TokenDialog(m_downloads->tokens(), this))->open();
}

void ModelsPage::sayProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->show();
}

} // namespace luthier::ui

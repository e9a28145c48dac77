// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/adapters/adapters_page.h"

#include "core/store/run_rows.h"
#include "ui/base/local_files.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/models/library/adapter_library.h"
#include "ui/pages/adapters/adapter_exports.h"
#include "ui/pages/adapters/adapters_details.h"
#include "ui/pages/adapters/adapters_work.h"
#include "ui/widgets/card_delegate.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/model_library.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QDateTime>
#include <QDesktopServices>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QListView>
#include <QMessageBox>
#include <QPushButton>
#include <QShortcut>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include <utility>

namespace luthier::ui {

AdaptersPage::AdaptersPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_import(new QAction(tr("Import an adapter\u2026"), this)), m_library(new AdapterLibrary(workspace, this)),
      m_model(new CardListModel(this)), m_stack(new QStackedWidget), m_empty(new EmptyState), m_view(new QListView), m_details(new AdaptersDetails),
      m_work(new AdaptersWork), m_problem(new StatusLabel(Token::Bad))
{
    setObjectName(QStringLiteral("adaptersPage"));
    setAcceptDrops(true);
    m_import->setToolTip(tr("Copy an adapter folder into the project"));
    build();
    connectParts();
    setFirstControl(m_view);
    m_library->refresh();
    fill();
}

void AdaptersPage::build()
{
    m_problem->setObjectName(QStringLiteral("adaptersProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_view->setObjectName(QStringLiteral("adaptersList"));
    m_view->setAccessibleName(tr("Adapters of this project"));
    m_view->setToolTip(tr("Adapters of this project. Ctrl and Shift choose several; drop an adapter folder here to import it."));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new CardDelegate(m_view));
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setSpacing(space(1) / 2);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_empty->setText({tr("No adapters yet"), tr("Every tuning run leaves one here. One from elsewhere can be imported, too."), tr("Tune a model"), tr("Import a file\u2026")});
    auto* right = new QWidget;
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(m_details, 1);
    rightLayout->addWidget(m_work);
    auto* work = new QSplitter;
    work->setObjectName(QStringLiteral("adaptersSplitter"));
    work->setChildrenCollapsible(false);
    work->addWidget(m_view);
    work->addWidget(right);
    const int column = fontMetrics().averageCharWidth();
    work->setSizes({column * 60, column * 90});
    work->setStretchFactor(1, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_problem);
    layout->addWidget(m_stack, 1);
}

void AdaptersPage::connectParts()
{
    connect(m_import, &QAction::triggered, this, &AdaptersPage::askForFolder);
    connect(m_empty, &EmptyState::triggered, this, [this] { Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), {}); });
    connect(m_empty, &EmptyState::secondTriggered, this, &AdaptersPage::askForFile);
    connect(m_library, &AdapterLibrary::changed, this, &AdaptersPage::fill);
    connect(m_workspace.places(), &Places::read, this, [this] {
        const Json place = m_workspace.places()->at(QStringLiteral("adapters"));
        m_kept.clear();
        for (const Json& path : place.is_array() ? place : Json::array()) {
            m_kept += path.is_string() ? QStringList{QString::fromStdString(path.get<std::string>())} : QStringList();
        }
        fill();
    });
    connect(m_library, &AdapterLibrary::failed, this, &AdaptersPage::sayProblem);
    connect(m_library, &AdapterLibrary::imported, this, [this](const QString& path) {
        m_wanted = path;
        m_problem->hide();
        m_workspace.say(tr("%1 is in the project.").arg(QFileInfo(path).fileName()));
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &AdaptersPage::showChosen);
    connect(m_details, &AdaptersDetails::chatWanted, this, [this] {
        if (const QStringList paths = chosen(); !paths.isEmpty()) {
            Q_EMIT m_workspace.pageWanted(QStringLiteral("chat"), paths.front());
        }
    });
    connect(m_details, &AdaptersDetails::exportWanted, this, [this] { publish(PublishOrder::Kind::Gguf); });
    connect(m_details, &AdaptersDetails::mergeWanted, this, [this] { publish(PublishOrder::Kind::Model); });
    connect(m_details, &AdaptersDetails::combineWanted, this, [this] { publish(PublishOrder::Kind::Adapter); });
    connect(m_details, &AdaptersDetails::continueWanted, this, &AdaptersPage::continueChosen);
    connect(m_details, &AdaptersDetails::revealWanted, this, &AdaptersPage::revealInFolder);
    connect(m_details, &AdaptersDetails::deleteWanted, this, &AdaptersPage::deleteChosen);
    connect(m_details, &AdaptersDetails::notesChanged, m_library, &AdapterLibrary::setNotes);
    connect(m_details->exports(), &AdapterExports::revealWanted, this, &AdaptersPage::revealPath);
    connect(m_details->exports(), &AdapterExports::tryWanted, this, [this](const QString& path) {
        m_workspace.models()->add(path);
        Q_EMIT m_workspace.pageWanted(QStringLiteral("chat"), path);
    });
    connect(m_details->exports(), &AdapterExports::copied, this, [this](const QString& command) { m_workspace.say(tr("Copied: %1").arg(command)); });
    connect(m_work, &AdaptersWork::written, this, &AdaptersPage::keepExport);
    auto* remove = new QShortcut(QKeySequence::Delete, m_view);
    remove->setContext(Qt::WidgetShortcut);
    remove->setWhatsThis(tr("Move the adapter to the trash"));
    connect(remove, &QShortcut::activated, this, &AdaptersPage::deleteChosen);
    auto* write = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_E), this);
    write->setContext(Qt::WidgetWithChildrenShortcut);
    write->setWhatsThis(tr("Export the adapter"));
    connect(write, &QShortcut::activated, this, [this] { publish(PublishOrder::Kind::Gguf); });
}

void AdaptersPage::activated()
{
    m_library->refresh();
}

void AdaptersPage::openFile(const QString& path)
{
    m_library->import(path);
}

void AdaptersPage::reveal(const QString& what)
{
    m_wanted = what;
    fill();
}

void AdaptersPage::fill()
{
    const QStringList before = chosen();
    std::vector<CardItem> items;
    for (const store::LibraryAdapter& adapter : m_library->adapters()) {
        items.push_back(cardOf(adapter));
    }
    const bool any = !items.empty();
    m_model->setItems(std::move(items));
    m_stack->setCurrentIndex(any ? 1 : 0);
    const QStringList kept = any ? std::exchange(m_kept, {}) : QStringList();
    const QStringList wanted = !m_wanted.isEmpty() ? QStringList{m_wanted} : !kept.isEmpty() ? kept : before;
    for (const QString& path : wanted) {
        if (const int row = m_model->rowOf(path); row >= 0) {
            m_view->selectionModel()->select(m_model->index(row), QItemSelectionModel::Select);
            m_view->selectionModel()->setCurrentIndex(m_model->index(row), QItemSelectionModel::NoUpdate);
            m_wanted.clear();
        }
    }
    if (any && chosen().isEmpty()) {
        m_view->setCurrentIndex(m_model->index(0));
    }
    showChosen();
}

QStringList AdaptersPage::chosen() const
{
    QStringList paths;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        if (m_view->selectionModel()->isSelected(m_model->index(row))) {
            paths += m_model->item(row).id;
        }
    }
    return paths;
}

void AdaptersPage::showChosen()
{
    const QStringList paths = chosen();
    std::vector<const store::LibraryAdapter*> adapters;
    for (const QString& path : paths) {
        if (const auto* adapter = m_library->find(path)) {
            adapters.push_back(adapter);
        }
    }
    m_details->show(adapters);
    if (!paths.isEmpty() && m_kept.isEmpty()) {
        Json place = Json::array();
        for (const QString& path : paths) {
            place.push_back(path.toStdString());
        }
        m_workspace.places()->keep(QStringLiteral("adapters"), place);
    }
}

void AdaptersPage::askForFolder()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("adapter"), tr("Import an adapter folder"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &AdaptersPage::openFile);
    dialog->open();
}

void AdaptersPage::askForFile()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("adapter"), tr("Import a GGUF adapter"), QFileDialog::ExistingFile, {tr("GGUF adapters (*.gguf)")});
    connect(dialog, &QFileDialog::fileSelected, this, &AdaptersPage::openFile);
    dialog->open();
}

void AdaptersPage::publish(PublishOrder::Kind kind)
{
    std::vector<store::LibraryAdapter> adapters;
    for (const QString& path : chosen()) {
        if (const auto* adapter = m_library->find(path); adapter != nullptr && adapter->facts.problem.empty()) {
            adapters.push_back(*adapter);
        }
    }
    if (adapters.empty() || !m_workspace.project()) {
        return;
    }
    if (m_work->isRunning()) {
        sayProblem(tr("Something is being written already; wait for it or stop it."));
        return;
    }
    m_problem->hide();
    const QString parent = QString::fromStdString(adapters.front().model);
    const bool intoProject = kind == PublishOrder::Kind::Adapter;
    const auto folder = intoProject ? store::adaptersFolder(*m_workspace.project()) : m_workspace.project()->folder() / "exports";
    auto* dialog = new PublishDialog(std::move(adapters), parent.isEmpty() ? m_workspace.modelPath() : parent, QString::fromStdString(folder.string()), kind, this);
    connect(dialog, &PublishDialog::ordered, this, [this](PublishOrder order) {
        order.source.rowsOf = [project = m_workspace.project()](const std::filesystem::path& run, const config::RunConfig& config) {
            return store::runRows(*project, run, config.data);
        };
        order.source.notesOf = [project = m_workspace.project()](const std::filesystem::path& adapter) { return store::notesAbout(*project, adapter); };
        m_work->start(order);
    });
    // It waits, hidden, until its order is carried out: what goes wrong is said where it can be mended.
    connect(m_work, &AdaptersWork::written, dialog, &QDialog::close);
    connect(m_work, &AdaptersWork::stopped, dialog, &QDialog::close);
    connect(m_work, &AdaptersWork::failed, dialog, &PublishDialog::showProblem);
    dialog->open();
}

void AdaptersPage::keepExport(const PublishOrder& order, const publish::Published& published)
{
    store::AdapterExport made;
    made.target = published.target;
    made.kind = order.kind == PublishOrder::Kind::Model ? "model" : order.kind == PublishOrder::Kind::Gguf ? "gguf" : "adapter";
    made.type = order.type == QStringLiteral("auto") ? std::string() : order.type.toStdString();
    for (const publish::WrittenFile& file : published.files) {
        made.bytes += file.bytes;
    }
    made.proof = published.proof.sentence();
    for (const std::string& note : published.notes) {
        made.proof += '\n' + note;
    }
    made.made = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    std::vector<std::filesystem::path> adapters;
    for (const inference::AdapterSpec& adapter : order.source.adapters) {
        adapters.push_back(adapter.path);
    }
    m_library->keepExport(adapters, made);
    const bool isModel = made.kind != "adapter";
    if (isModel) {
        m_workspace.models()->add(QString::fromStdString(made.target.string()));
    }
    Q_EMIT stepDone(QStringLiteral("exported"), QFileInfo(QString::fromStdString(made.target.string())).fileName(),
                    QString::fromStdString(isModel ? made.target.string() : adapters.front().string()));
}

void AdaptersPage::continueChosen()
{
    const auto* adapter = chosen().isEmpty() ? nullptr : m_library->find(chosen().front());
    if (adapter == nullptr) {
        return;
    }
    if (!adapter->model.empty()) {
        m_workspace.setModelPath(QString::fromStdString(adapter->model));
    }
    Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), QStringLiteral("start:") + chosen().front());
}

void AdaptersPage::revealInFolder()
{
    if (const QStringList paths = chosen(); !paths.isEmpty()) {
        revealPath(paths.front());
    }
}

void AdaptersPage::revealPath(const QString& path)
{
    const QFileInfo info(path);
    QDesktopServices::openUrl(QUrl::fromLocalFile(info.isDir() ? path : info.path()));
}

void AdaptersPage::deleteChosen()
{
    const QStringList paths = chosen();
    if (paths.isEmpty()) {
        return;
    }
    auto* question = new QMessageBox(QMessageBox::Question, tr("Delete"), tr("Move %Ln adapter(s) to the project's trash?", nullptr, static_cast<int>(paths.size())),
                                     QMessageBox::Cancel, this);
    question->setObjectName(QStringLiteral("deleteQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    QStringList names;
    for (const QString& path : paths) {
        const auto* adapter = m_library->find(path);
        names += adapter == nullptr ? path : QString::fromStdString(adapter->name);
    }
    question->setInformativeText(names.join(u'\n'));
    QPushButton* yes = question->addButton(tr("Move to the trash"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("deleteYes"));
    connect(yes, &QPushButton::clicked, this, [this, paths] {
        for (const QString& path : paths) {
            m_library->remove(path);
        }
    });
    question->open();
}

void AdaptersPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (!localFiles(event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void AdaptersPage::dropEvent(QDropEvent* event)
{
    for (const QString& path : localFiles(event->mimeData())) {
        openFile(path);
    }
    event->acceptProposedAction();
}

void AdaptersPage::sayProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->show();
}

} // namespace luthier::ui

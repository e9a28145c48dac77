// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_list.h"

#include "ui/theme/icons.h"
#include "ui/widgets/card_delegate.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/model_library.h"

#include <QHBoxLayout>
#include <QListView>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

namespace luthier::ui {

ModelsList::ModelsList(ModelLibrary* library, QWidget* parent)
    : QWidget(parent), m_library(library), m_model(new CardListModel(this)), m_view(new QListView), m_note(new StatusLabel(Token::TextQuiet))
{
    m_view->setObjectName(QStringLiteral("installedModels"));
    m_view->setAccessibleName(tr("Models on this machine"));
    m_view->setToolTip(tr("Models on this machine. Drop a model folder or a .gguf file here to add it."));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new CardDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setSpacing(space(1) / 2);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_note->setObjectName(QStringLiteral("installedNote"));
    m_note->setWordWrap(true);
    auto* file = new QPushButton(icon(QStringLiteral("plus")), tr("Add a .gguf file\u2026"));
    file->setObjectName(QStringLiteral("addGguf"));
    file->setToolTip(tr("Use a GGUF file where it lies. Dropping it onto the window does the same."));
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_note, 1);
    foot->addWidget(file);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view, 1);
    layout->addLayout(foot);
    auto* remove = new QShortcut(QKeySequence::Delete, m_view);
    remove->setContext(Qt::WidgetShortcut);
    remove->setWhatsThis(tr("Delete the model, or take it off the list"));
    connect(remove, &QShortcut::activated, this, [this] {
        if (!current().isEmpty()) {
            Q_EMIT deleteWanted(current());
        }
    });
    connect(file, &QPushButton::clicked, this, &ModelsList::addFileWanted);
    connect(m_view, &QListView::activated, this, [this] { Q_EMIT activated(current()); });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid()) {
            m_wanted = current();
            Q_EMIT chosen(m_wanted);
        }
    });
    connect(m_library, &ModelLibrary::changed, this, &ModelsList::fill);
    fill();
}

QString ModelsList::current() const
{
    return m_view->currentIndex().data(CardListModel::IdRole).toString();
}

void ModelsList::choose(const QString& path)
{
    m_wanted = path;
    if (const int row = m_model->rowOf(path); row >= 0) {
        m_view->setCurrentIndex(m_model->index(row));
        m_view->scrollTo(m_view->currentIndex());
    }
}

void ModelsList::fill()
{
    std::vector<CardItem> items;
    for (const hub::InstalledModel& model : m_library->models()) {
        items.push_back(cardOf(model));
    }
    const int count = static_cast<int>(items.size());
    const QString wanted = m_wanted;
    m_model->setItems(std::move(items));
    m_note->setText(!m_library->isRead() ? tr("Looking for models\u2026") : count == 0 ? tr("No model is on this machine yet.") : tr("%Ln model(s)", nullptr, count));
    const int row = m_model->rowOf(wanted);
    if (row >= 0 || count > 0) {
        m_view->setCurrentIndex(m_model->index(row >= 0 ? row : 0));
    } else if (m_library->isRead()) {
        Q_EMIT chosen({});
    }
}

} // namespace luthier::ui

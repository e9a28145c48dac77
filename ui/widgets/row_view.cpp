// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/row_view.h"

#include <QEvent>
#include <QHeaderView>
#include <QTableView>

#include <algorithm>

namespace luthier::ui {

void presentRows(QTableView* view, QAbstractItemModel* model)
{
    view->setModel(model);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    view->verticalHeader()->hide();
}

namespace {

class WideColumn : public QObject {
public:
    WideColumn(QTableView* view, int column, int characters) : QObject(view), m_view(view), m_column(column), m_characters(characters)
    {
        QHeaderView* header = view->horizontalHeader();
        header->setSectionResizeMode(column, QHeaderView::Interactive);
        connect(header, &QHeaderView::sectionResized, this, [this](int section) {
            if (section != m_column) {
                fit();
            }
        });
        connect(header, &QHeaderView::sectionCountChanged, this, &WideColumn::fit);
        view->viewport()->installEventFilter(this);
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::Resize) {
            fit();
        }
        return QObject::eventFilter(watched, event);
    }

private:
    void fit()
    {
        QHeaderView* header = m_view->horizontalHeader();
        const int others = header->length() - header->sectionSize(m_column);
        const int least = m_characters * m_view->fontMetrics().averageCharWidth();
        header->resizeSection(m_column, std::max(least, m_view->viewport()->width() - others));
    }

    QTableView* m_view;
    int m_column;
    int m_characters;
};

} // namespace

void keepColumnWide(QTableView* view, int column, int characters)
{
    new WideColumn(view, column, characters); // owned by the view
}

} // namespace luthier::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/lists/no_match.h"

#include "ui/widgets/named_button.h"

#include <QAbstractItemView>
#include <QEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace luthier::ui {

NoMatch::NoMatch(QAbstractItemView* view, QLineEdit* search, const QString& sentence)
    : QWidget(view->viewport()), m_view(view), m_search(search), m_sentence(sentence), m_text(new QLabel),
      m_clear(makeButton(QStringLiteral("clearSearch"), tr("Clear the search"), tr("Show all again (Esc)")))
{
    setObjectName(QStringLiteral("noMatch"));
    m_text->setObjectName(QStringLiteral("noMatchText"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(1);
    layout->addWidget(m_text);
    layout->addWidget(m_clear, 0, Qt::AlignHCenter);
    layout->addStretch(2);
    hide();
    view->viewport()->installEventFilter(this);
    view->installEventFilter(this);
    search->installEventFilter(this);
    search->setProperty("keyHelp", QStringList{tr("Esc") + u'\t' + tr("Clear the search")});
    connect(m_clear, &QPushButton::clicked, this, &NoMatch::clearSearch);
}

void NoMatch::setEmpty(bool isEmpty)
{
    const QString words = m_search->text().trimmed();
    const bool isShown = isEmpty && !words.isEmpty();
    m_text->setText(isShown ? m_sentence.arg(words) : QString());
    setAccessibleName(m_text->text());
    if (!isShown && isAncestorOf(window()->focusWidget())) {
        m_search->setFocus(Qt::OtherFocusReason);
    }
    resize(m_view->viewport()->size());
    setVisible(isShown);
}

void NoMatch::clearSearch()
{
    m_search->clear();
    m_search->setFocus(Qt::OtherFocusReason);
}

// The page may have a use for Escape of its own: the search comes first while it has words.
bool NoMatch::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport()) {
        if (event->type() == QEvent::Resize) {
            resize(m_view->viewport()->size());
        }
        return false;
    }
    const bool isKey = event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress;
    const auto* key = isKey ? static_cast<QKeyEvent*>(event) : nullptr;
    if (key == nullptr || key->key() != Qt::Key_Escape || key->modifiers() != Qt::NoModifier || m_search->text().isEmpty()) {
        return false;
    }
    if (event->type() == QEvent::KeyPress) {
        m_search->clear();
    }
    event->accept();
    return true;
}

} // namespace luthier::ui

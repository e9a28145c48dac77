// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/adapters/adapter_exports.h"

#include "ui/base/amounts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLabel>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

QString nameOf(const store::AdapterExport& made)
{
    QStringList parts{made.kind == "gguf" ? QString::fromStdString(made.type).toUpper() : made.kind == "adapter" ? AdapterExports::tr("Adapter") : AdapterExports::tr("Merged model")};
    if (made.bytes > 0) {
        parts += fileSize(static_cast<double>(made.bytes));
    }
    parts += QFileInfo(QString::fromStdString(made.target.string())).fileName();
    return parts.join(QStringLiteral(" \u00b7 "));
}

// As a shell takes it whole, whatever stands in it.
QString quoted(QString text)
{
    return u'\'' + text.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
}

} // namespace

AdapterExports::AdapterExports(QWidget* parent)
    : QWidget(parent), m_which(new QComboBox), m_proof(new StatusLabel(Token::TextQuiet)),
      m_reveal(makeButton(QStringLiteral("revealExport"), tr("Reveal"), tr("Show it in the file manager"))),
      m_try(makeButton(QStringLiteral("tryExport"), tr("Try it"), tr("Talk to it on the Chat page, as it was written"))),
      m_copy(makeButton(QStringLiteral("copyOllama"), tr("Copy for Ollama"), {}))
{
    m_which->setObjectName(QStringLiteral("adapterExports"));
    m_which->setAccessibleName(tr("What it was written as"));
    m_which->setToolTip(tr("What this adapter was written as for other programs, the newest first"));
    m_which->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_proof->setObjectName(QStringLiteral("exportProof"));
    m_proof->setTextFormat(Qt::PlainText);
    m_proof->setWordWrap(true);
    m_proof->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_reveal->setIcon(icon(QStringLiteral("folder-open")));
    m_try->setIcon(icon(QStringLiteral("message-square")));
    m_copy->setIcon(icon(QStringLiteral("copy")));
    auto* buttons = new FlowLayout(space(2));
    for (QPushButton* button : {m_reveal, m_try, m_copy}) {
        buttons->addWidget(button);
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_which);
    layout->addWidget(m_proof);
    layout->addLayout(buttons);
    connect(m_which, &QComboBox::currentIndexChanged, this, &AdapterExports::showOne);
    connect(m_reveal, &QPushButton::clicked, this, [this] { Q_EMIT revealWanted(QString::fromStdString(chosen()->target.string())); });
    connect(m_try, &QPushButton::clicked, this, [this] { Q_EMIT tryWanted(QString::fromStdString(chosen()->target.string())); });
    connect(m_copy, &QPushButton::clicked, this, [this] {
        const QString command = ollamaCommand(*chosen());
        QGuiApplication::clipboard()->setText(command);
        Q_EMIT copied(command);
    });
    show({});
}

const store::AdapterExport* AdapterExports::chosen() const
{
    const int row = m_which->currentIndex();
    return row < 0 || static_cast<std::size_t>(row) >= m_exports.size() ? nullptr : &m_exports[static_cast<std::size_t>(row)];
}

void AdapterExports::show(const std::vector<store::AdapterExport>& exports)
{
    m_exports = exports;
    {
        const QSignalBlocker quiet(m_which);
        m_which->clear();
        for (const store::AdapterExport& made : m_exports) {
            m_which->addItem(nameOf(made));
            m_which->setItemData(m_which->count() - 1, QString::fromStdString(made.target.string()), Qt::ToolTipRole);
        }
        m_which->setCurrentIndex(m_exports.empty() ? -1 : 0);
    }
    setVisible(!m_exports.empty());
    showOne();
}

void AdapterExports::showOne()
{
    const store::AdapterExport* made = chosen();
    const bool isThere = made != nullptr && made->isThere;
    m_proof->setText(made == nullptr ? QString()
                     : isThere       ? QString::fromStdString(made->proof)
                                     : tr("It is not there any more. It lay at %1.").arg(QString::fromStdString(made->target.string())));
    m_reveal->setEnabled(isThere);
    m_try->setEnabled(isThere);
    m_try->setHidden(made != nullptr && made->kind == "adapter"); // that is the adapter itself
    m_copy->setEnabled(isThere);
    m_copy->setHidden(made == nullptr || made->kind != "gguf" || made->type.empty());
    m_copy->setToolTip(made == nullptr ? QString() : tr("Copies the command that takes it into Ollama: %1").arg(ollamaCommand(*made)));
}

QString AdapterExports::ollamaCommand(const store::AdapterExport& made)
{
    const QString path = QString::fromStdString(made.target.string());
    QString name = QFileInfo(path).completeBaseName().toLower();
    name.replace(QRegularExpression(QStringLiteral("[^a-z0-9._]+")), QStringLiteral("-"));
    return QStringLiteral("ollama create %1 -f %2").arg(name, quoted(path + QStringLiteral(".Modelfile")));
}

} // namespace luthier::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/publish_dialog.h"

#include "core/peft/combine.h"
#include "core/weights/gguf/save.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kTypeRole = Qt::UserRole + 1;

QString combinationHelp(const peft::Combination& row)
{
    const QString id = QString::fromLatin1(row.id);
    if (id == QLatin1String("sum")) {
        return PublishDialog::tr("The weighted sum of the updates, exact, at the smallest rank that holds it");
    }
    if (id == QLatin1String("cat")) {
        return PublishDialog::tr("The same sum with the ranks one behind the other, as PEFT's cat");
    }
    if (id == QLatin1String("svd")) {
        return PublishDialog::tr("The sum cut to a smaller rank, as PEFT's svd");
    }
    return PublishDialog::tr("PEFT's linear adds A to A and B to B: not the weighted sum of the updates");
}

} // namespace

PublishDialog::PublishDialog(std::vector<store::LibraryAdapter> adapters, const QString& model, const QString& folder, PublishOrder::Kind kind,
                             QWidget* parent)
    : QDialog(parent), m_adapters(std::move(adapters)), m_folder(folder), m_what(new QComboBox), m_how(new QComboBox), m_model(new QLineEdit(model)),
      m_target(new QLineEdit), m_hint(new QLabel), m_go(nullptr)
{
    setObjectName(QStringLiteral("publishDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(m_adapters.size() == 1 ? tr("Export %1").arg(QString::fromStdString(m_adapters.front().name))
                                          : tr("Combine %n adapter(s)", nullptr, static_cast<int>(m_adapters.size())));
    const auto add = [&](const QString& text, PublishOrder::Kind what, const QString& type, const QString& help) {
        m_what->addItem(text, static_cast<int>(what));
        m_what->setItemData(m_what->count() - 1, type, kTypeRole);
        m_what->setItemData(m_what->count() - 1, help, Qt::ToolTipRole);
    };
    add(tr("Merged model, a folder"), PublishOrder::Kind::Model, QStringLiteral("auto"), tr("Opens in transformers and here"));
    add(tr("Adapter, a folder"), PublishOrder::Kind::Adapter, {}, tr("PEFT's layout"));
    add(tr("Adapter, a GGUF file"), PublishOrder::Kind::GgufAdapter, {}, tr("For llama.cpp, beside the base's GGUF file"));
    for (const weights::GgufFileKind& row : weights::ggufFileKinds()) {
        const QString id = QString::fromLatin1(row.id);
        add(tr("Merged model, GGUF %1").arg(id.toUpper()), PublishOrder::Kind::Gguf, id, tr("One file for llama.cpp and Ollama, with a Modelfile"));
    }
    m_what->setCurrentIndex(m_what->findData(static_cast<int>(kind)));
    for (const peft::Combination& row : peft::combinations()) {
        m_how->addItem(QString::fromLatin1(row.id));
        m_how->setItemData(m_how->count() - 1, combinationHelp(row), Qt::ToolTipRole);
    }
    build();
    offerTarget();
}

void PublishDialog::build()
{
    m_what->setObjectName(QStringLiteral("publishWhat"));
    m_what->setAccessibleName(tr("What is written"));
    m_how->setObjectName(QStringLiteral("publishHow"));
    m_how->setAccessibleName(tr("How the adapters become one"));
    m_how->setToolTip(tr("How the adapters become one; usual: sum"));
    m_hint->setWordWrap(true);
    auto* form = new QFormLayout;
    form->addRow(tr("Write"), m_what);
    form->addRow(tr("Base model"), withBrowse(m_model, QStringLiteral("publishModel"), tr("The model that the adapter was trained on"), false));
    if (m_adapters.size() > 1) {
        addWeights(form);
        form->addRow(tr("Become one by"), m_how);
        form->addRow(QString(), m_hint);
    }
    form->addRow(tr("To"), withBrowse(m_target, QStringLiteral("publishTarget"), tr("Where it goes; nothing is overwritten"), true));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_go = buttons->addButton(tr("Write"), QDialogButtonBox::AcceptRole);
    m_go->setObjectName(QStringLiteral("publishGo"));
    m_go->setProperty("primary", true);
    m_go->setDefault(true);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(buttons);
    setMinimumWidth(fontMetrics().averageCharWidth() * 90);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT ordered(order());
        accept();
    });
    connect(m_what, &QComboBox::currentIndexChanged, this, &PublishDialog::offerTarget);
    connect(m_how, &QComboBox::currentIndexChanged, this, &PublishDialog::follow);
    connect(m_model, &QLineEdit::textChanged, this, &PublishDialog::follow);
    connect(m_target, &QLineEdit::textChanged, this, &PublishDialog::follow);
}

void PublishDialog::addWeights(QFormLayout* form)
{
    for (std::size_t i = 0; i < m_adapters.size(); ++i) {
        auto* weight = new RealField;
        weight->setObjectName(QStringLiteral("publishWeight%1").arg(i));
        weight->setRange(-10, 10);
        weight->setSingleStep(0.1);
        weight->setDecimals(3);
        weight->setValue(1);
        const QString name = QString::fromStdString(m_adapters[i].name);
        weight->setAccessibleName(tr("Weight of %1").arg(name));
        weight->setToolTip(tr("How much it counts: -10 to 10, usually 0 to 1"));
        form->addRow(name, weight);
        m_weights.push_back(weight);
    }
}

QWidget* PublishDialog::withBrowse(QLineEdit* line, const QString& id, const QString& help, bool saves)
{
    line->setObjectName(id);
    line->setToolTip(help);
    line->setAccessibleName(help);
    auto* button = makeButton(id + QStringLiteral("Browse"), tr("Choose\u2026"), help);
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(line, 1);
    layout->addWidget(button);
    connect(button, &QPushButton::clicked, this, [this, line, saves] { browse(line, !saves); });
    return row;
}

void PublishDialog::browse(QLineEdit* line, bool folder)
{
    auto* dialog = new QFileDialog(this, folder ? tr("Choose the base model") : tr("Choose a name"), line->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(folder ? QFileDialog::AcceptOpen : QFileDialog::AcceptSave);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::AnyFile);
    connect(dialog, &QFileDialog::fileSelected, line, &QLineEdit::setText);
    dialog->open();
}

// A name that says what it is, until the person has written one.
void PublishDialog::offerTarget()
{
    const auto kind = static_cast<PublishOrder::Kind>(m_what->currentData().toInt());
    const QString type = m_what->currentData(kTypeRole).toString();
    QString name = m_adapters.size() == 1 ? QString::fromStdString(m_adapters.front().name) : tr("combined");
    name.replace(u'/', u'-').replace(u' ', u'-');
    const QString end = kind == PublishOrder::Kind::Model     ? QStringLiteral("-merged")
                        : kind == PublishOrder::Kind::Adapter ? QStringLiteral("-adapter")
                        : kind == PublishOrder::Kind::Gguf    ? u'-' + type + QStringLiteral(".gguf")
                                                              : QStringLiteral("-adapter.gguf");
    QString target = m_folder + u'/' + name + end;
    for (int i = 2; QFileInfo::exists(target); ++i) {
        target = m_folder + u'/' + name + u'-' + QString::number(i) + end;
    }
    if (m_target->text() == m_offered) {
        m_target->setText(target);
    }
    m_offered = target;
    follow();
}

void PublishDialog::follow()
{
    m_hint->setText(m_how->currentData(Qt::ToolTipRole).toString());
    m_go->setEnabled(!m_model->text().isEmpty() && !m_target->text().isEmpty());
    m_go->setToolTip(m_go->isEnabled() ? tr("Written under another name, opened again and compared before it gets this one")
                                       : tr("Name the base model and where it goes first"));
}

PublishOrder PublishDialog::order() const
{
    PublishOrder order;
    order.kind = static_cast<PublishOrder::Kind>(m_what->currentData().toInt());
    order.type = m_what->currentData(kTypeRole).toString();
    order.target = m_target->text();
    order.source.model = m_model->text().toStdString();
    order.source.how = m_how->currentText().toStdString();
    for (std::size_t i = 0; i < m_adapters.size(); ++i) {
        order.source.adapters.push_back({m_adapters[i].facts.path, m_weights.empty() ? 1 : m_weights[i]->value()});
    }
    return order;
}

} // namespace luthier::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/publish_dialog.h"

#include "core/hub/installed_models.h"
#include "core/peft/combine.h"
#include "core/weights/gguf/save.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/status_label.h"

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
constexpr int kNameRole = Qt::UserRole + 2;
constexpr int kPurposeRole = Qt::UserRole + 3;
constexpr int kSoonMs = 300; // a path is being typed

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
      m_target(new QLineEdit), m_hint(new QLabel), m_go(nullptr), m_problem(new StatusLabel(Token::Bad)),
      m_remedy(makeButton(QStringLiteral("publishRemedy"), {}, tr("Mends what stands in the way")))
{
    setObjectName(QStringLiteral("publishDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    addWhat(tr("Merged model"), PublishOrder::Kind::Model, QStringLiteral("auto"), tr("transformers, vLLM, and here"), tr("A model folder of its own: base and adapter as one"));
    addWhat(tr("Adapter"), PublishOrder::Kind::Adapter, {}, tr("PEFT, with its base"), tr("A folder in PEFT's layout"));
    addWhat(tr("Adapter as GGUF"), PublishOrder::Kind::GgufAdapter, {}, tr("llama.cpp, beside the base's GGUF"), tr("One file, to be loaded over the base's"));
    for (const weights::GgufFileKind& row : weights::ggufFileKinds()) {
        const QString id = QString::fromLatin1(row.id);
        addWhat(id.toUpper(), PublishOrder::Kind::Gguf, id, QString::fromUtf8(row.purpose),
                tr("Merged, in one GGUF file with a Modelfile for Ollama; %1").arg(QString::fromUtf8(row.help)));
    }
    // GGUF is asked for without saying which: the usual one.
    const int usual = m_what->findData(QStringLiteral("q4_k_m"), kTypeRole);
    m_what->setCurrentIndex(kind == PublishOrder::Kind::Gguf ? usual : m_what->findData(static_cast<int>(kind)));
    for (const peft::Combination& row : peft::combinations()) {
        m_how->addItem(QString::fromLatin1(row.id));
        m_how->setItemData(m_how->count() - 1, combinationHelp(row), Qt::ToolTipRole);
    }
    build();
    offerTarget();
    readBase();
}

void PublishDialog::addWhat(const QString& name, PublishOrder::Kind kind, const QString& type, const QString& purpose, const QString& help)
{
    m_what->addItem(name, static_cast<int>(kind));
    const int row = m_what->count() - 1;
    m_what->setItemData(row, type, kTypeRole);
    m_what->setItemData(row, name, kNameRole);
    m_what->setItemData(row, purpose, kPurposeRole);
    m_what->setItemData(row, help, Qt::ToolTipRole);
}

// How large each would be is known once the base is: it is looked into, not loaded.
void PublishDialog::readBase()
{
    m_job.start(this, [path = m_model->text().toStdString()] { return hub::readInstalledModel(path, hub::ModelSource::Added); },
                [this](const hub::InstalledModel& base) { showSizes(base); });
}

void PublishDialog::showSizes(const hub::InstalledModel& base)
{
    double adapters = 0;
    for (const store::LibraryAdapter& adapter : m_adapters) {
        adapters += static_cast<double>(adapter.facts.bytes);
    }
    for (int row = 0; row < m_what->count(); ++row) {
        const auto kind = static_cast<PublishOrder::Kind>(m_what->itemData(row).toInt());
        const auto* file = weights::findGgufFileKind(m_what->itemData(row, kTypeRole).toString().toStdString());
        const bool isKnown = base.problem.empty() && base.weightBytes > 0;
        const double bytes = kind == PublishOrder::Kind::Adapter || kind == PublishOrder::Kind::GgufAdapter ? adapters
                             : !isKnown                                                                     ? 0
                             : kind == PublishOrder::Kind::Gguf ? static_cast<double>(weights::ggufFileBytes(*file, base.config))
                                                                : static_cast<double>(base.weightBytes);
        QStringList parts{m_what->itemData(row, kNameRole).toString()};
        if (bytes > 0) {
            parts += tr("about %1").arg(fileSize(bytes));
        }
        parts += m_what->itemData(row, kPurposeRole).toString();
        m_what->setItemText(row, parts.join(QStringLiteral(" \u00b7 ")));
    }
}

void PublishDialog::build()
{
    m_what->setObjectName(QStringLiteral("publishWhat"));
    m_what->setAccessibleName(tr("What is written"));
    m_how->setObjectName(QStringLiteral("publishHow"));
    m_how->setAccessibleName(tr("How the adapters become one"));
    m_how->setToolTip(tr("How the adapters become one; usual: sum"));
    m_what->setToolTip(tr("What is written, about how large it will be, and which programs open it"));
    m_hint->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("publishProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();
    m_remedy->hide();
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
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
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addWidget(m_remedy, 0, Qt::AlignLeft);
    layout->addWidget(buttons);
    m_go->setDefault(true); // in the dialog by now: before, it would not know of it
    setMinimumWidth(fontMetrics().averageCharWidth() * 110);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        hide(); // it comes again where the order cannot be carried out
        Q_EMIT ordered(order());
    });
    connect(m_remedy, &QPushButton::clicked, this, &PublishDialog::remedy);
    connect(&m_soon, &QTimer::timeout, this, &PublishDialog::readBase);
    connect(m_model, &QLineEdit::textChanged, &m_soon, qOverload<>(&QTimer::start));
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
    QFileDialog* dialog = folder ? openDialog(this, QStringLiteral("model"), tr("Choose the base model"), QFileDialog::Directory)
                                 : saveDialog(this, QStringLiteral("export"), tr("Choose a name"), {}, {});
    if (!folder && !line->text().isEmpty()) {
        dialog->selectFile(line->text());
    }
    connect(dialog, &QFileDialog::fileSelected, line, &QLineEdit::setText);
    dialog->open();
}

// A name that says what it is, until the person has written one.
QString PublishDialog::freeTarget() const
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
    return target;
}

void PublishDialog::offerTarget()
{
    const auto kind = static_cast<PublishOrder::Kind>(m_what->currentData().toInt());
    const QString target = freeTarget();
    const QString name = m_adapters.size() == 1 ? QString::fromStdString(m_adapters.front().name) : tr("%Ln adapter(s)", nullptr, static_cast<int>(m_adapters.size()));
    setWindowTitle(kind == PublishOrder::Kind::Model     ? tr("Merge %1 into its base").arg(name)
                   : kind == PublishOrder::Kind::Adapter && m_adapters.size() > 1 ? tr("Combine %1").arg(name)
                                                                                  : tr("Export %1").arg(name));
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

void PublishDialog::showProblem(const QString& sentence)
{
    m_problem->setText(problemSentence(sentence));
    m_problem->show();
    const QString own = QString::fromStdString(m_adapters.front().model);
    const bool isTaken = QFileInfo::exists(m_target->text());
    m_remedy->setText(isTaken                                    ? tr("Take a name that is free")
                      : !own.isEmpty() && own != m_model->text() ? tr("Take the base it was trained on")
                                                                 : tr("Choose another base\u2026"));
    m_remedy->show();
    open();
    m_remedy->setFocus(Qt::OtherFocusReason);
}

void PublishDialog::remedy()
{
    const QString own = QString::fromStdString(m_adapters.front().model);
    if (QFileInfo::exists(m_target->text())) {
        m_target->setText(freeTarget());
        m_offered = m_target->text();
    } else if (!own.isEmpty() && own != m_model->text()) {
        m_model->setText(own);
    } else {
        browse(m_model, true);
        return;
    }
    m_problem->hide();
    m_remedy->hide();
    m_go->setFocus(Qt::OtherFocusReason);
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

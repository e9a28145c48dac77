// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_details.h"

#include "core/text/templates/chat_template.h"
#include "core/text/tokenizers/tokenizer.h"
#include "ui/base/amounts.h"
#include "ui/models/card_list_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/status_label.h"

#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kTemplateLines = 6;

struct TextFacts {
    QString tokenizer;
    QString problem; // of the tokenizer, or why there is no template
    QString written; // a conversation through the template
    bool hasTemplate = false;
};

TextFacts readTextFacts(const std::string& path)
{
    TextFacts facts;
    const auto tokenizer = text::loadTokenizer(path);
    facts.tokenizer = tokenizer ? ModelsDetails::tr("%1, %2 tokens").arg(QString::fromStdString((*tokenizer)->kind()),
                                                                         number((*tokenizer)->vocabSize()))
                                : QString();
    facts.problem = tokenizer ? QString() : QString::fromStdString(tokenizer.message());
    const auto chat = text::ChatTemplate::load(path);
    if (!chat) {
        facts.problem = facts.problem.isEmpty() ? QString::fromStdString(chat.message()) : facts.problem;
        return facts;
    }
    const Json messages = Json::array({{{"role", "user"}, {"content", "How are you?"}}, {{"role", "assistant"}, {"content", "Well, thank you."}}});
    const auto rendered = chat->render(messages);
    facts.hasTemplate = rendered.ok();
    facts.written = rendered ? QString::fromStdString(rendered->text) : QString();
    facts.problem = rendered || !facts.problem.isEmpty() ? facts.problem : QString::fromStdString(rendered.message());
    return facts;
}

} // namespace

ModelsDetails::ModelsDetails(QWidget* parent)
    : DetailsCard(QStringLiteral("details"), parent), m_tokenizer(new ElidedLabel(Token::TextQuiet)), m_textProblem(new StatusLabel(Token::Warn)), m_template(new QPlainTextEdit),
      m_use(new QPushButton(tr("Use in Tune"))), m_chat(new QPushButton(tr("Chat"))), m_reveal(new QPushButton(icon(QStringLiteral("folder-open")), tr("Reveal"))),
      m_delete(new QPushButton(icon(QStringLiteral("trash-2")), tr("Delete\u2026")))
{
    m_tokenizer->setObjectName(QStringLiteral("detailsTokenizer"));
    m_textProblem->setObjectName(QStringLiteral("detailsTextProblem"));
    m_textProblem->setTextFormat(Qt::PlainText);
    m_textProblem->setWordWrap(true);
    m_textProblem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_textProblem->hide();
    m_template->setObjectName(QStringLiteral("detailsTemplate"));
    m_template->setReadOnly(true);
    m_template->setTabChangesFocus(true);
    m_template->setFont(fixedFont());
    m_template->setAccessibleName(tr("A conversation as this model reads it"));
    m_template->setToolTip(m_template->accessibleName());
    m_template->setMaximumHeight(QFontMetrics(fixedFont()).lineSpacing() * kTemplateLines);
    buildButtons();
    for (QWidget* part : std::initializer_list<QWidget*>{m_tokenizer, m_textProblem, m_template}) {
        body()->addWidget(part);
    }
    show(nullptr);
}

void ModelsDetails::buildButtons()
{
    m_use->setObjectName(QStringLiteral("useInTune"));
    m_use->setToolTip(tr("Start the next tuning from this model"));
    m_chat->setObjectName(QStringLiteral("chatWithModel"));
    m_chat->setToolTip(tr("Talk to it over several turns, with a system text"));
    m_reveal->setObjectName(QStringLiteral("revealModel"));
    m_reveal->setToolTip(tr("Show its folder in the file manager"));
    m_delete->setObjectName(QStringLiteral("deleteModel"));
    auto* row = new FlowLayout(space(2)); // under the name, which is what the card is about
    row->addWidget(m_use);
    row->addWidget(m_chat);
    connect(m_chat, &QPushButton::clicked, this, [this] { Q_EMIT chatWanted(m_path); });
    row->addWidget(m_reveal);
    row->addWidget(m_delete);
    body()->addLayout(row);
    connect(m_use, &QPushButton::clicked, this, [this] { Q_EMIT tuneWanted(m_path); });
    connect(m_reveal, &QPushButton::clicked, this, [this] { Q_EMIT revealWanted(m_path); });
    connect(m_delete, &QPushButton::clicked, this, [this] { Q_EMIT deleteWanted(m_path); });
}

void ModelsDetails::show(const hub::InstalledModel* model)
{
    const bool isSame = model != nullptr && m_path == QString::fromStdString(model->path.string());
    m_path = model == nullptr ? QString() : QString::fromStdString(model->path.string());
    const CardItem card = model == nullptr ? CardItem{{}, tr("No model chosen"), {}, {}, {}, false} : cardOf(*model);
    showDetails(card.title, m_path, card.isBad ? QString() : card.facts, card.isBad ? card.facts : QString());
    m_use->setEnabled(model != nullptr && model->problem.empty());
    m_chat->setEnabled(model != nullptr && model->problem.empty() && model->weightBytes > 0);
    m_reveal->setEnabled(model != nullptr);
    const bool isAdded = model != nullptr && model->source == hub::ModelSource::Added;
    const bool isOurs = model != nullptr && (model->source == hub::ModelSource::Hub || model->source == hub::ModelSource::Own);
    m_delete->setEnabled(isAdded || isOurs);
    m_delete->setText(isAdded ? tr("Forget") : tr("Delete\u2026"));
    m_delete->setToolTip(isAdded            ? tr("Take it off this list; its files stay where they are (Del)")
                         : isOurs           ? tr("Move it to the trash (Del)")
                         : model == nullptr ? tr("Choose a model first")
                                            : tr("What comes with Luthier or belongs to the project is not deleted here"));
    if (!isSame) {
        readText(m_path);
    }
}

void ModelsDetails::showText(const QString& tokenizer, const QString& problem)
{
    m_tokenizer->setText(tokenizer);
    m_tokenizer->setHidden(tokenizer.isEmpty());
    m_textProblem->setText(problem);
    m_textProblem->setHidden(problem.isEmpty());
}

void ModelsDetails::readText(const QString& path)
{
    m_job.cancel();
    showText(path.isEmpty() ? QString() : tr("Reading the tokenizer\u2026"), {});
    m_template->clear();
    m_template->setVisible(false);
    if (path.isEmpty()) {
        return;
    }
    m_job.start(this, [path = path.toStdString()] { return readTextFacts(path); }, [this](const TextFacts& facts) {
        showText(facts.tokenizer, facts.problem);
        m_template->setPlainText(facts.hasTemplate ? facts.written : QString());
        m_template->setVisible(facts.hasTemplate);
    });
}

} // namespace luthier::ui

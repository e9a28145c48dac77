// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_search.h"

#include "core/hub/http.h"
#include "ui/bridge/token_store.h"
#include "ui/models/card_list_model.h"
#include "ui/models/library/downloads.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card_delegate.h"
#include "ui/widgets/status_label.h"

#include <QAction>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kPauseMs = 400;
constexpr int kMostHits = 30;

} // namespace

ModelsSearch::ModelsSearch(Downloads* downloads, QWidget* parent)
    : Card(tr("Find more on the hub"), parent), m_downloads(downloads), m_words(new QLineEdit), m_offline(new QCheckBox(tr("Work offline"))),
      m_token(new QPushButton(tr("Access token\u2026"))), m_view(new QListView), m_model(new CardListModel(this)),
      m_state(new StatusLabel(Token::TextQuiet)), m_download(new QPushButton(icon(QStringLiteral("download")), tr("Download")))
{
    build();
    m_later.setSingleShot(true);
    m_later.setInterval(kPauseMs);
    connect(&m_later, &QTimer::timeout, this, &ModelsSearch::search);
    connect(m_words, &QLineEdit::textChanged, &m_later, qOverload<>(&QTimer::start));
    connect(m_words, &QLineEdit::returnPressed, this, &ModelsSearch::search);
    connect(m_offline, &QCheckBox::toggled, this, [this](bool on) {
        m_downloads->setOffline(on);
        search();
    });
    connect(m_token, &QPushButton::clicked, this, &ModelsSearch::tokenWanted);
    connect(m_download, &QPushButton::clicked, this, &ModelsSearch::download);
    connect(m_view, &QListView::activated, this, &ModelsSearch::download);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &ModelsSearch::refresh);
    connect(m_model, &QAbstractItemModel::modelReset, this, &ModelsSearch::refresh);
    refresh();
    search();
}

void ModelsSearch::build()
{
    m_words->setObjectName(QStringLiteral("hubSearch"));
    m_words->setAccessibleName(tr("Words of a model's name"));
    m_words->setPlaceholderText(tr("Words of a model's name, or org/name"));
    m_words->setToolTip(tr("Models that write text, most downloaded first"));
    m_words->setClearButtonEnabled(true);
    m_words->addAction(icon(QStringLiteral("search"), Token::TextQuiet), QLineEdit::LeadingPosition);
    m_offline->setObjectName(QStringLiteral("workOffline"));
    m_offline->setToolTip(tr("Ask nothing of the network; models on this machine work as ever"));
    m_offline->setChecked(m_downloads->isOffline());
    m_token->setObjectName(QStringLiteral("accessToken"));
    m_token->setToolTip(tr("For gated and private models; kept in the desktop's secret store"));
    m_view->setObjectName(QStringLiteral("hubResults"));
    m_view->setAccessibleName(tr("Models found on the hub"));
    m_view->setToolTip(tr("Return or a double click downloads"));
    m_view->setModel(m_model);
    m_view->setItemDelegate(new CardDelegate(m_view));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_state->setObjectName(QStringLiteral("hubState"));
    m_state->setWordWrap(true);
    m_download->setObjectName(QStringLiteral("hubDownload"));
    m_download->setToolTip(tr("Only what is needed: configuration, weights as safetensors, tokenizer, template, licence"));
    header()->addWidget(m_offline);
    header()->addWidget(m_token);
    auto* foot = new QHBoxLayout;
    foot->addWidget(m_state, 1);
    foot->addWidget(m_download);
    body()->addWidget(m_words);
    body()->addWidget(m_view, 1);
    body()->addLayout(foot);
}

void ModelsSearch::search()
{
    m_later.stop();
    const QString words = m_words->text().trimmed();
    m_state->setToken(Token::TextQuiet);
    if (!hub::hasHttp() || m_downloads->isOffline() || words.isEmpty()) {
        m_job.cancel();
        m_model->setItems({});
        m_state->setText(!hub::hasHttp()             ? tr("This Luthier was built without libcurl, so it cannot reach a hub.")
                         : m_downloads->isOffline() ? tr("Work offline is switched on: nothing is asked of the hub.")
                                                    : tr("Downloads go to the cache that other programs share."));
        return;
    }
    m_state->setText(tr("Asking the hub\u2026"));
    const auto work = [words = words.toStdString(), make = m_downloads->settingsMaker()](const JobControl& control) {
        return hub::HubClient(make()).search(words, kMostHits, control.cancel);
    };
    m_job.start(this, work, [this](const Result<std::vector<hub::SearchHit>>& hits) {
        std::vector<CardItem> items;
        for (const hub::SearchHit& hit : hits ? *hits : std::vector<hub::SearchHit>()) {
            items.push_back(cardOf(hit));
        }
        const bool none = items.empty();
        m_model->setItems(std::move(items));
        m_state->setToken(hits ? Token::TextQuiet : Token::Bad);
        m_state->setText(!hits  ? QString::fromStdString(hits.message())
                         : none ? tr("No model of that name that writes text was found.")
                                : QString());
        if (!none) {
            m_view->setCurrentIndex(m_model->index(0));
        }
    });
}

void ModelsSearch::download()
{
    const QString found = m_view->currentIndex().data(CardListModel::IdRole).toString();
    const QString typed = m_words->text().trimmed();
    const QString name = !found.isEmpty() ? found : typed;
    if (hub::parseRepoName(name.toStdString())) {
        m_downloads->start(name);
    }
}

void ModelsSearch::refresh()
{
    m_download->setEnabled(m_view->currentIndex().isValid());
}

} // namespace luthier::ui

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_place.h"

#include "core/ranks/launcher.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/remote_dialog.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QListWidget>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <thread>

namespace luthier::ui {
namespace {

constexpr const char* kKept = "place"; // of Project::value

const QString kOne = QStringLiteral("one");
const QString kCards = QStringLiteral("cards");
const QString kProcesses = QStringLiteral("processes");
const QString kFar = QStringLiteral("far");
const QString kOther = QStringLiteral("?");

int mostProcesses()
{
    return static_cast<int>(std::max(2U, std::thread::hardware_concurrency()));
}

// Of "cpu:3"; 0: none of these.
int processesOf(const std::string& devices)
{
    return devices.rfind("cpu:", 0) == 0 ? std::atoi(devices.c_str() + 4) : 0;
}

} // namespace

TunePlace::TunePlace(Workspace& workspace, QWidget* parent)
    : QWidget(parent), m_workspace(workspace), m_choice(new QComboBox), m_list(new QListWidget), m_count(new QSpinBox), m_note(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("tunePlace"));
    m_choice->setObjectName(QStringLiteral("placeChoice"));
    m_choice->setAccessibleName(tr("Train on"));
    m_choice->setToolTip(tr("One device, several of this machine that share each step, or another machine. Losses are the same everywhere"));
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(12);
    m_list->setObjectName(QStringLiteral("placeCards"));
    m_list->setAccessibleName(tr("Cards"));
    m_list->setToolTip(tr("Each chosen card takes its share of every step; Space chooses"));
    m_list->setSizeAdjustPolicy(QAbstractScrollArea::AdjustToContents);
    m_list->setMaximumHeight(fontMetrics().lineSpacing() * 6);
    m_count->setObjectName(QStringLiteral("placeProcesses"));
    m_count->setAccessibleName(tr("Processes"));
    m_count->setToolTip(tr("So many processes share each step, each with its part of the cores"));
    m_count->setRange(2, mostProcesses());
    m_note->setObjectName(QStringLiteral("placeNote"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    setFocusProxy(m_choice);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space(1));
    layout->addWidget(new StatusLabel(tr("Train on"), Token::TextQuiet));
    layout->addWidget(m_choice);
    layout->addWidget(m_list);
    layout->addWidget(m_count);
    layout->addWidget(m_note);
    connect(m_choice, &QComboBox::activated, this, &TunePlace::take);
    connect(m_list, &QListWidget::itemChanged, this, &TunePlace::takeCards);
    connect(m_count, &QSpinBox::valueChanged, this, [this](int count) {
        away::RunPlace place;
        place.devices = "cpu:" + std::to_string(count);
        setPlace(place);
        keep();
    });
    connect(&m_workspace, &Workspace::projectChanged, this, &TunePlace::load);
    m_job.start(this, [] { return remote::cardsHere(ranks::numCards()); }, [this](const std::vector<remote::CardFacts>& cards) { setCards(cards); });
    fill();
    showPlace();
}

void TunePlace::setCards(const std::vector<remote::CardFacts>& cards)
{
    m_cards = cards;
    const QSignalBlocker quiet(m_list);
    m_list->clear();
    for (std::size_t card = 0; card < cards.size(); ++card) {
        const QString id = QStringLiteral("cuda:%1").arg(card);
        auto* item = new QListWidgetItem((id + u' ' + cardText(cards[card])).trimmed(), m_list);
        item->setData(Qt::UserRole, id);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(Qt::Unchecked);
    }
    fill();
    showPlace();
}

void TunePlace::fill()
{
    m_choice->clear();
    const auto add = [this](const QString& text, const QString& data, const QString& help) {
        m_choice->addItem(text, data);
        m_choice->setItemData(m_choice->count() - 1, help, Qt::ToolTipRole);
    };
    add(tr("One device"), kOne, tr("The one that the setting Device names"));
    if (m_cards.size() > 1) {
        add(tr("Several cards"), kCards, tr("Each takes its share of every step"));
    }
    add(tr("Several processes of the processor"), kProcesses, tr("Each takes its share of every step, and of the cores"));
    if (!m_far.hosts.empty()) {
        add(hostsText(m_far), kFar, tr("Over ssh; the run goes on there whatever happens here"));
    }
    add(tr("Another machine\u2026"), kOther, tr("Choose a machine that ssh reaches"));
}

void TunePlace::take(int row)
{
    const QString kind = m_choice->itemData(row).toString();
    away::RunPlace place;
    if (kind == kOther) {
        showPlace(); // until one is chosen, all is as it was
        askForHost();
        return;
    }
    if (kind == kCards) {
        for (std::size_t card = 0; card < m_cards.size(); ++card) {
            place.devices += (card == 0 ? "cuda:" : ",cuda:") + std::to_string(card);
        }
    } else if (kind == kProcesses) {
        place.devices = "cpu:" + std::to_string(m_count->value());
    } else if (kind == kFar) {
        place = m_far;
    }
    setPlace(place);
    keep();
}

RemoteDialog* TunePlace::askForHost()
{
    auto* dialog = new RemoteDialog(m_far, window());
    connect(dialog, &RemoteDialog::chosen, this, [this](const away::RunPlace& place) {
        setPlace(place);
        keep();
    });
    dialog->open();
    return dialog;
}

// One card alone is no several.
void TunePlace::takeCards()
{
    away::RunPlace place;
    for (int row = 0; row < m_list->count(); ++row) {
        if (m_list->item(row)->checkState() == Qt::Checked) {
            place.devices += (place.devices.empty() ? "" : ",") + m_list->item(row)->data(Qt::UserRole).toString().toStdString();
        }
    }
    if (place.devices.empty()) {
        showPlace(); // one stays
        return;
    }
    setPlace(place);
    keep();
}

void TunePlace::setPlace(const away::RunPlace& place)
{
    m_place = place;
    if (!place.hosts.empty()) {
        m_far = place;
        fill();
    }
    showPlace();
    Q_EMIT changed();
}

void TunePlace::setStepBatches(std::int64_t batches)
{
    m_batches = batches;
    explain();
}

std::vector<std::string> TunePlace::devices() const
{
    if (!m_place.hosts.empty() || m_place.devices.empty()) {
        return {};
    }
    const auto devices = ranks::devicesOf(m_place.devices, static_cast<int>(m_cards.size()));
    return devices ? *devices : std::vector<std::string>();
}

void TunePlace::showNeeds(const std::optional<train::RankPlan>& needs)
{
    m_needs = needs;
    explain();
}

// A line for each kind of rank, then what is taken and why.
QString TunePlace::needsText(const train::RankPlan& needs)
{
    std::vector<std::pair<QString, QStringList>> lines; // what is needed, and by whom
    for (const train::RankNeed& rank : needs.ranks) {
        //: memory with the whole base or optimizer, with a part of it
        QString need = tr("%1 with everything whole, %2 in parts").arg(byteText(rank.whole.parts.total()), byteText(rank.split.parts.total()));
        if (rank.whole.free > 0) {
            need += tr("; %1 free").arg(byteText(rank.whole.free));
        }
        const auto known = std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.first == need; });
        (known == lines.end() ? lines.emplace_back(need, QStringList()) : *known).second += QString::fromStdString(rank.device);
    }
    QStringList text;
    for (auto& [need, devices] : lines) {
        const auto count = devices.size();
        devices.removeDuplicates();
        const QString who = devices.size() == 1 && count > 1 ? tr("%1, each of %2").arg(devices.front(), number(count)) : devices.join(QStringLiteral(", "));
        //: devices, then what each needs
        text += tr("%1: %2.").arg(who, need);
    }
    text += windowSentence(QString::fromStdString(needs.sentence));
    return text.join(u'\n');
}

void TunePlace::showPlace()
{
    const int processes = processesOf(m_place.devices);
    const QString kind = !m_place.hosts.empty() ? kFar : m_place.devices.empty() ? kOne : processes > 0 ? kProcesses : kCards;
    const QSignalBlocker quietList(m_list);
    const QSignalBlocker quietCount(m_count);
    m_choice->setCurrentIndex(std::max(0, m_choice->findData(kind)));
    m_list->setVisible(kind == kCards && m_list->count() > 0);
    m_count->setVisible(kind == kProcesses);
    if (processes > 0) {
        m_count->setValue(processes);
    }
    const QStringList chosen = QString::fromStdString(m_place.devices).split(u',');
    for (int row = 0; row < m_list->count(); ++row) {
        const bool isChosen = kind == kCards && (m_place.devices == "all" || chosen.contains(m_list->item(row)->data(Qt::UserRole).toString()));
        m_list->item(row)->setCheckState(isChosen ? Qt::Checked : Qt::Unchecked);
    }
    explain();
}

void TunePlace::explain()
{
    QString text;
    bool isBad = false;
    if (!m_place.hosts.empty()) {
        text = tr("Over ssh. What is missing there is copied when the run starts; it goes on there when this window is closed.");
    } else if (!m_place.devices.empty()) {
        const auto devices = ranks::devicesOf(m_place.devices, static_cast<int>(m_cards.size()));
        isBad = !devices && !m_job.isRunning();
        const auto ranks = devices ? static_cast<std::int64_t>(devices->size()) : 0;
        text = isBad                                                        ? problemSentence(QString::fromStdString(devices.message()))
               : m_needs && m_needs->ranks.size() == devices->size() ? needsText(*m_needs)
                                                                     : tr("Each takes its share of a step; what each needs is told here when the recipe is whole.");
        if (!isBad && m_batches > 0 && ranks > m_batches) {
            text += u' ' + tr("A step of this recipe has %Ln batch(es), fewer than these: they are cut further, and some may idle. More accumulation keeps all busy.", nullptr, static_cast<int>(m_batches));
        }
    }
    m_note->setToken(isBad ? Token::Bad : Token::TextQuiet);
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
}

void TunePlace::load()
{
    m_loading.cancel();
    m_saving.whenWritten([this] { read(); });
}

void TunePlace::read()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_loading.start(this, [project] { return project->value(kKept); }, [this](const Result<Json>& kept) {
        const auto place = !kept ? Result<away::RunPlace>(kept.error()) : kept->is_null() ? Result<away::RunPlace>(away::RunPlace()) : away::placeFromJson(*kept);
        if (place) {
            setPlace(*place);
        } else {
            m_workspace.say(QString::fromStdString(place.message()));
        }
    });
}

void TunePlace::keep()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    m_saving.start(this, [project, place = m_place] { return project->setValue(kKept, away::toJson(place)); }, [this](const Result<void>& kept) {
        if (!kept) {
            m_workspace.say(QString::fromStdString(kept.message()));
        }
    });
}

} // namespace luthier::ui

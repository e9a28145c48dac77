// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/remote_dialog.h"

#include "core/ranks/launcher.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace luthier::ui {

QString cardText(const remote::CardFacts& card)
{
    const QString name = QString::fromStdString(card.name);
    //: a card's name, memory that is free on it
    return card.totalBytes == 0 ? name : RemoteDialog::tr("%1, %2 free").arg(name, byteText(card.freeBytes));
}

QString hostsText(const away::RunPlace& place)
{
    QStringList hosts;
    for (const std::string& host : place.hosts) {
        hosts.append(QString::fromStdString(host));
    }
    return hosts.join(QStringLiteral(", "));
}

QString factsText(const remote::HostFacts& facts)
{
    QStringList cards;
    for (const remote::CardFacts& card : facts.list) {
        if (!card.name.empty()) {
            cards.append(cardText(card));
        }
    }
    const QString which = facts.cards == 0 ? RemoteDialog::tr("no card") : RemoteDialog::tr("%Ln card(s)", nullptr, static_cast<int>(facts.cards));
    //: another machine: "2 cards (names); 16 cores; 410 GiB of disk free; Luthier 0.9"
    return RemoteDialog::tr("%1; %2 cores; %3 of disk free; Luthier %4")
        .arg(cards.isEmpty() ? which : which + QStringLiteral(" (") + cards.join(QStringLiteral("; ")) + u')')
        .arg(facts.cores)
        .arg(byteText(facts.freeBytes), QString::fromStdString(facts.version));
}

RemoteDialog::RemoteDialog(const away::RunPlace& place, QWidget* parent)
    : QDialog(parent), m_host(new QComboBox), m_program(new QLineEdit(QString::fromStdString(place.program))), m_devices(new QLineEdit),
      m_check(new QPushButton(tr("&Check"))), m_use(nullptr), m_state(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("remoteDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Train on another machine"));
    auto* why = new QLabel(tr("The system's ssh is used, with its keys and settings. What is missing there of the model and the data is copied and checked; "
                              "the run goes on there whatever happens here, and its results come back when it has ended."));
    why->setWordWrap(true);
    m_host->setObjectName(QStringLiteral("remoteHost"));
    m_host->setEditable(true);
    m_host->setAccessibleName(tr("Machine"));
    m_host->setToolTip(tr("As ssh takes it: name, user@name, or an alias of ~/.ssh/config. Several, parted by commas, share each step"));
    for (const std::string& name : remote::namedHosts()) {
        m_host->addItem(QString::fromStdString(name));
    }
    m_host->setEditText(hostsText(place));
    m_host->lineEdit()->setPlaceholderText(tr("gpubox"));
    m_program->setObjectName(QStringLiteral("remoteProgram"));
    m_program->setAccessibleName(tr("Luthier there"));
    m_program->setToolTip(tr("The program luthier there: its name, or its path where it is not found by name"));
    m_devices->setObjectName(QStringLiteral("remoteDevices"));
    m_devices->setAccessibleName(tr("Devices there"));
    m_devices->setToolTip(tr("all: every card, or the processor where there is none; or cuda:0,cuda:1, a number of cards, cpu:2"));
    m_devices->setText(place.devices.empty() || place.hosts.empty() ? QStringLiteral("all") : QString::fromStdString(place.devices));
    m_check->setObjectName(QStringLiteral("checkRemote"));
    m_check->setToolTip(tr("Look whether it can be reached and what it has"));
    m_check->setAutoDefault(false);
    m_state->setObjectName(QStringLiteral("remoteState"));
    m_state->setWordWrap(true);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* form = new QFormLayout;
    form->addRow(tr("&Machine"), m_host);
    form->addRow(tr("&Luthier there"), m_program);
    form->addRow(tr("&Devices there"), m_devices);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_use = buttons->addButton(tr("&Train there"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("useRemote"));
    m_use->setToolTip(tr("The next run works there; nothing is copied before it starts"));
    buttons->addButton(m_check, QDialogButtonBox::ActionRole);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(why);
    layout->addLayout(form);
    layout->addWidget(m_state, 1);
    layout->addWidget(buttons);
    setMinimumWidth(space(120));
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(this->place()); // the argument has the same name
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_check, &QPushButton::clicked, this, &RemoteDialog::check);
    connect(m_host, &QComboBox::editTextChanged, this, &RemoteDialog::forgetFacts);
    connect(m_program, &QLineEdit::textChanged, this, &RemoteDialog::forgetFacts);
    connect(m_devices, &QLineEdit::textChanged, this, &RemoteDialog::forgetFacts);
    forgetFacts();
}

away::RunPlace RemoteDialog::place() const
{
    away::RunPlace place;
    const QStringList hosts = m_host->currentText().split(QRegularExpression(QStringLiteral("[,\\s]+")), Qt::SkipEmptyParts);
    for (const QString& host : hosts) {
        place.hosts.push_back(host.toStdString());
    }
    const QString program = m_program->text().trimmed();
    place.program = program.isEmpty() ? "luthier" : program.toStdString();
    place.devices = m_devices->text().trimmed().toStdString();
    return place;
}

// What was found out of another name counts no more.
void RemoteDialog::forgetFacts()
{
    m_job.cancel();
    m_use->setEnabled(false);
    m_check->setEnabled(!place().hosts.empty());
    m_check->setDefault(true);
    m_state->setToken(Token::TextQuiet);
    m_state->setText(place().hosts.empty() ? tr("Write the name of a machine that ssh reaches without a password.") : tr("Check it first."));
}

void RemoteDialog::check()
{
    m_check->setEnabled(false);
    m_state->setToken(Token::TextQuiet);
    m_state->setText(tr("Looking at it\u2026"));
    const auto work = [place = place()]() -> Result<remote::HostFacts> {
        Result<remote::HostFacts> first = Error{};
        for (const std::string& name : place.hosts) {
            const auto host = remote::Host::named(name, place.program);
            auto facts = host ? host->facts() : Result<remote::HostFacts>(host.error());
            if (!facts) {
                return facts;
            }
            if (!(place.devices.empty() || place.devices == "all")) {
                if (const auto devices = ranks::devicesOf(place.devices, static_cast<int>(facts->cards)); !devices) {
                    return Error{name + ": " + devices.message()};
                }
            }
            first = first ? std::move(first) : std::move(facts);
        }
        return first;
    };
    m_job.start(this, work, [this](const Result<remote::HostFacts>& facts) { tell(facts); });
}

void RemoteDialog::tell(const Result<remote::HostFacts>& facts)
{
    m_check->setEnabled(true);
    m_use->setEnabled(facts.ok());
    m_state->setToken(facts ? Token::TextQuiet : Token::Bad);
    m_state->setText(facts ? factsText(*facts) : problemSentence(QString::fromStdString(facts.message())));
    if (facts) {
        m_use->setDefault(true);
        m_use->setFocus(Qt::OtherFocusReason);
    }
}

} // namespace luthier::ui

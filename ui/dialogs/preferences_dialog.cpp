// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/preferences_dialog.h"

#include "core/base/paths.h"
#include "core/hub/hub_settings.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/settings/app_settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/status_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMostThreads = 1024;

} // namespace

PreferencesDialog::PreferencesDialog(AppSettings& settings, QWidget* parent) : QDialog(parent), m_settings(settings)
{
    setObjectName(QStringLiteral("preferencesDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Preferences"));
    auto* form = new QFormLayout;
    QComboBox* theme = addChoice(form, QStringLiteral("theme"), tr("&Theme"), tr("Light or dark; changes at once"),
                                 {{QStringLiteral("system"), tr("As the desktop")}, {QStringLiteral("light"), tr("Light")}, {QStringLiteral("dark"), tr("Dark")}});
    connect(theme, &QComboBox::activated, this, [this, theme] { Q_EMIT themeChosen(theme->currentData().toString()); });
    std::vector<Choice> scales{{QStringLiteral("system"), tr("As the desktop")}};
    for (const int percent : {100, 125, 150, 175, 200}) {
        scales.push_back({QString::number(percent / 100.0), tr("%1 %").arg(percent)});
    }
    addChoice(form, QStringLiteral("scale"), tr("&Scale"), tr("How large everything is, from the next start on"), scales);
    std::vector<Choice> languages{{QStringLiteral("system"), tr("As the desktop")}};
    for (const QString& file : QDir(QStringLiteral(":/i18n")).entryList({QStringLiteral("luthier_*.qm")})) {
        const QString id = file.mid(8).chopped(3);
        languages.push_back({id, QLocale(id).nativeLanguageName()});
    }
    addChoice(form, QStringLiteral("language"), tr("&Language"), tr("Of the window, from the next start on"), languages);
    addFolder(form, QStringLiteral("projectsFolder"), tr("&Projects"), tr("New projects are made in this folder"),
              QString::fromStdString((base::userDataFolder() / "projects").string()));
    addFolder(form, QStringLiteral("hubFolder"), tr("&Models of the hub"), tr("Downloads lie here, and other programs can share it; from the next start on"),
              QString::fromStdString(hub::hubCacheFolder().string()));
    addChoice(form, QStringLiteral("device"), tr("&Device"), tr("What answers in Compare and Chat, and what a new recipe begins with"),
              {{QStringLiteral("auto"), tr("A card where there is one")}, {QStringLiteral("cpu"), tr("The processor")}, {QStringLiteral("cuda"), tr("An NVIDIA card")}});
    auto* threads = new WholeField;
    threads->setObjectName(QStringLiteral("preference.threads"));
    threads->setAccessibleName(tr("Threads"));
    threads->setToolTip(tr("Of the processor, for answering and for new recipes; from the next start on"));
    threads->setRange(0, kMostThreads);
    threads->setSpecialValueText(tr("As many as there are cores"));
    threads->setValue(settings.text(QStringLiteral("threads"), QStringLiteral("0")).toInt());
    form->addRow(tr("T&hreads"), threads);
    connect(threads, &QSpinBox::valueChanged, this, [this](int count) { m_settings.setText(QStringLiteral("threads"), QString::number(count)); });
    auto* notices = new QCheckBox(tr("Tell the desktop when a &run ends"));
    notices->setObjectName(QStringLiteral("preference.notices"));
    notices->setToolTip(tr("A silent notice, while another window is in front"));
    notices->setChecked(settings.text(QStringLiteral("notices"), QStringLiteral("on")) == QLatin1String("on"));
    form->addRow(QString(), notices);
    connect(notices, &QCheckBox::toggled, this, [this](bool on) { m_settings.setText(QStringLiteral("notices"), on ? QStringLiteral("on") : QStringLiteral("off")); });
    auto* note = new StatusLabel(tr("Scale, language, the folder of the hub's models and threads change at the next start. Settings of a run stand on the Tune page and belong to the project."), Token::TextQuiet);
    note->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(note);
    layout->addWidget(buttons);
    buttons->button(QDialogButtonBox::Close)->setDefault(true); // Enter in a line opens no folder
    setMinimumWidth(space(140));
}

QComboBox* PreferencesDialog::addChoice(QFormLayout* form, const QString& key, const QString& label, const QString& help, const std::vector<Choice>& choices)
{
    auto* box = new QComboBox;
    box->setObjectName(QStringLiteral("preference.") + key);
    box->setAccessibleName(QString(label).remove(u'&'));
    box->setToolTip(help);
    for (const Choice& choice : choices) {
        box->addItem(choice.text, choice.id);
    }
    box->setCurrentIndex(std::max(0, box->findData(m_settings.text(key, choices.front().id))));
    form->addRow(label, box);
    connect(box, &QComboBox::activated, this, [this, box, key] { m_settings.setText(key, box->currentData().toString()); });
    return box;
}

void PreferencesDialog::addFolder(QFormLayout* form, const QString& key, const QString& label, const QString& help, const QString& usual)
{
    auto* line = new QLineEdit(m_settings.text(key));
    line->setObjectName(QStringLiteral("preference.") + key);
    line->setAccessibleName(QString(label).remove(u'&'));
    line->setToolTip(help);
    line->setPlaceholderText(usual);
    const QString name = QString(label).remove(u'&');
    auto* choose = makeButton(QStringLiteral("preference.") + key + QStringLiteral(".choose"), tr("Choose\u2026"), tr("Choose the folder for %1").arg(name));
    choose->setAccessibleName(choose->toolTip());
    auto* row = new QHBoxLayout;
    row->addWidget(line, 1);
    row->addWidget(choose);
    form->addRow(label, row);
    qobject_cast<QLabel*>(form->labelForField(row))->setBuddy(line);
    connect(line, &QLineEdit::textChanged, this, [this, key](const QString& text) { m_settings.setText(key, text.trimmed()); });
    connect(choose, &QPushButton::clicked, this, [this, line, key] {
        QFileDialog* dialog = openDialog(this, key, line->toolTip(), QFileDialog::Directory);
        connect(dialog, &QFileDialog::fileSelected, line, &QLineEdit::setText);
        dialog->open();
    });
}

} // namespace luthier::ui

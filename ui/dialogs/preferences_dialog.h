// SPDX-License-Identifier: GPL-3.0-or-later
// PreferencesDialog: what holds for this person on this machine, whatever the project: theme, scale, language, folders,
// threads, device, notices. What is chosen is kept at once; what needs a new start says so.
#pragma once

#include <QDialog>
#include <QString>

#include <vector>

class QComboBox;
class QFormLayout;
class QLineEdit;

namespace luthier::ui {

class AppSettings;

class PreferencesDialog : public QDialog {
    Q_OBJECT

public:
    explicit PreferencesDialog(AppSettings& settings, QWidget* parent = nullptr);

Q_SIGNALS:
    void themeChosen(const QString& id); // "system", "light", "dark"

private:
    struct Choice {
        QString id;
        QString text;
    };

    QComboBox* addChoice(QFormLayout* form, const QString& key, const QString& label, const QString& help, const std::vector<Choice>& choices);
    void addFolder(QFormLayout* form, const QString& key, const QString& label, const QString& help, const QString& usual);

    AppSettings& m_settings;
};

} // namespace luthier::ui

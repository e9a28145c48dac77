// SPDX-License-Identifier: GPL-3.0-or-later
// The dialogs of the window, each with the page over which it stands and how it is opened. A new dialog is a line here; pictures
// are taken of it, and it is held to what is asked of every control.
#pragma once

#include "tests/support/page_test.h"
#include "ui/pages/tune/tune_place.h"
#include "ui/window/main_window.h"

#include <QAbstractItemView>
#include <QAction>
#include <QDialog>
#include <QPushButton>
#include <QString>

#include <algorithm>
#include <vector>

namespace luthier::support {

struct DialogRow {
    const char* name;
    const char* page;
    void (*open)(ui::MainWindow& window);
};

inline void act(ui::MainWindow& window, const char* action) { child<QAction>(&window, action)->trigger(); }
inline void press(ui::MainWindow& window, const char* button) { child<QPushButton>(&window, button)->click(); }

inline const std::vector<DialogRow>& dialogRows()
{
    using Window = ui::MainWindow;
    static const std::vector<DialogRow> rows{
        {"preferences", "tune", [](Window& window) { window.showPreferences(); }},
        {"remote", "tune", [](Window& window) { child<ui::TunePlace>(&window, "tunePlace")->askForHost(); }},
        {"presetName", "tune", [](Window& window) { act(window, "savePreset"); }},
        {"checkpoints", "runs", [](Window& window) { act(window, "resumeFrom"); }},
        {"stageSettings", "pipeline", [](Window& window) { press(window, "stage.tuning.settings"); }},
        {"help", "tune", [](Window& window) { window.showHelp(); }},
        {"shortcuts", "data", [](Window& window) { window.showShortcuts(); }},
        {"newProject", "tune", [](Window& window) { window.newProject(); }},
        {"palette", "tune", [](Window& window) { window.showPalette(); }},
        {"about", "tune", [](Window& window) { window.showAbout(); }},
        {"openData", "data", [](Window& window) { window.chooseData(); }},
        {"split", "data", [](Window& window) { act(window, "splitRows"); }},
        {"mix", "data", [](Window& window) { act(window, "mixRows"); }},
        {"augment", "data", [](Window& window) { act(window, "augmentRows"); }},
        {"generate", "data", [](Window& window) { act(window, "generateRows"); }},
        {"saveRows", "data", [](Window& window) { act(window, "saveRows"); }},
        {"replace", "data", [](Window& window) { act(window, "replaceInRows"); }},
        {"versions", "data", [](Window& window) { act(window, "dataVersions"); }},
        {"map", "data", [](Window& window) { act(window, "mapRows"); }},
        {"token", "models", [](Window& window) { press(window, "accessToken"); }},
        {"export", "adapters", [](Window& window) { press(window, "exportAdapter"); }},
        {"merge", "adapters", [](Window& window) { press(window, "mergeAdapter"); }},
        {"combine", "adapters",
         [](Window& window) {
             child<QAbstractItemView>(&window, "adaptersList")->selectAll();
             press(window, "combineAdapters");
         }},
        {"deleteAdapter", "adapters", [](Window& window) { press(window, "deleteAdapter"); }},
    };
    return rows;
}

inline const DialogRow& dialogRow(const QString& name)
{
    const auto& rows = dialogRows();
    return *std::find_if(rows.begin(), rows.end(), [&name](const DialogRow& one) { return name == QLatin1String(one.name); });
}

inline QDialog* shownDialog(const ui::MainWindow& window)
{
    const auto dialogs = window.findChildren<QDialog*>();
    const auto shown = std::find_if(dialogs.begin(), dialogs.end(), [](const QDialog* dialog) { return dialog->isVisible(); });
    return shown == dialogs.end() ? nullptr : *shown;
}

} // namespace luthier::support

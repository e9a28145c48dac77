// SPDX-License-Identifier: GPL-3.0-or-later
// AppTest: what the tests of the whole program share: the window with settings and data in a folder of its own, gone over by keys as a
// person does it who has no mouse.
#pragma once

#include "app/application.h"
#include "core/base/paths.h"
#include "tests/support/page_test.h"
#include "ui/forms/recipe_document.h"
#include "ui/pages/pages.h"
#include "ui/pages/tune/tune_page.h"

#include <QApplication>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <memory>
#include <system_error>

namespace luthier::support {

inline bool hasBundledWeights()
{
    std::error_code code;
    return std::filesystem::exists(base::bundledModel() / "model.safetensors", code);
}

class AppTest {
protected:
    // Before the program is made.
    void keepAllInFolder()
    {
        keepSettingsIn(m_folder);
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
    }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {})
    {
        QWidget* at = QApplication::focusWidget();
        QTest::keyClick(at != nullptr ? at : &m_app->window(), key, modifiers);
    }

    // By Ctrl and the page's number: one of the first nine.
    void goTo(const char* id)
    {
        int number = 0;
        while (QLatin1String(ui::pages()[static_cast<std::size_t>(number)].id) != QLatin1String(id)) {
            ++number;
        }
        press(static_cast<Qt::Key>(Qt::Key_1 + number), Qt::ControlModifier);
        QTRY_COMPARE(m_app->window().currentPage(), QString::fromLatin1(id));
    }

    // Whether Tab leads there; Ctrl+Tab leaves what keeps Tab for itself.
    bool tabTo(const QWidget* target)
    {
        constexpr int kMostTabs = 400;
        for (int i = 0; i < kMostTabs && QApplication::focusWidget() != target; ++i) {
            const QWidget* before = QApplication::focusWidget();
            press(Qt::Key_Tab);
            if (QApplication::focusWidget() == before) {
                press(Qt::Key_Tab, Qt::ControlModifier);
            }
        }
        return QApplication::focusWidget() == target;
    }

    template <class T>
    T* page(const char* id) const
    {
        return static_cast<T*>(m_app->window().page(QString::fromLatin1(id)));
    }

    template <class T>
    static T* find(const QWidget* parent, const char* name)
    {
        return child<T>(parent, name);
    }

    static void setValue(ui::TunePage* tune, const char* key, const fields::Value& value)
    {
        QVERIFY(tune->document()->setValue(ui::RecipeDocument::find(QString::fromLatin1(key)), value).ok());
    }

    QTemporaryDir m_folder;
    std::unique_ptr<app::Application> m_app;
};

} // namespace luthier::support

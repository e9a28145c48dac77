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

#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <memory>
#include <string>
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

    // The program with its window and a project.
    void open(const app::Request& start, int milliseconds)
    {
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->window().resize(1280, 800);
        m_app->start(start);
        QVERIFY(QTest::qWaitForWindowExposed(&m_app->window()));
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, milliseconds);
    }

    // By its own list, opened and clicked.
    static void chooseRow(QComboBox* box, int row)
    {
        QTest::mouseClick(box, Qt::LeftButton, {}, box->rect().center());
        QAbstractItemView* view = box->view();
        QTRY_VERIFY(view->isVisible());
        const QModelIndex index = box->model()->index(row, box->modelColumn());
        view->scrollTo(index);
        QTest::qWait(QApplication::doubleClickInterval() * 3 / 2); // the list takes no click that belongs to its opening, by a timer that may be 5 % late
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(index).center());
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

    QWidget* mainButton(const char* id) const { return find<QWidget>(&m_app->window(), (std::string(id) + "MainAction").c_str()); }

    static void setValue(ui::TunePage* tune, const char* key, const fields::Value& value)
    {
        QVERIFY(tune->document()->setValue(ui::RecipeDocument::find(QString::fromLatin1(key)), value).ok());
    }

    QTemporaryDir m_folder;
    std::unique_ptr<app::Application> m_app;
};

} // namespace luthier::support

// SPDX-License-Identifier: GPL-3.0-or-later
// The window for who does not see it, or sees it badly, or has no mouse: every control's name, role and state as readers of
// the screen get them, the contrast of every text in the palette in use, and a journey over all pages by keys alone.
#include "app/application.h"
#include "tests/support/at_rest.h"
#include "tests/support/page_test.h"
#include "tests/support/window_dialogs.h"
#include "tests/support/workshop.h"
#include "ui/pages/pages.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTextDocument>
#include <QTextFragment>
#include <QTimer>
#include <QtTest>

#include <set>

using namespace luthier;

namespace {

constexpr int kAwaitMs = 60'000;
constexpr double kTextContrast = 4.5; // WCAG 2, AA
constexpr int kMostTabs = 400;

QString nameOf(const QObject* object)
{
    return QString::fromLatin1(object->metaObject()->className()) + u' ' + object->objectName();
}

// Qt's own parts of a widget: tell of themselves through it.
bool isPart(const QWidget* widget)
{
    return widget->objectName().startsWith(QStringLiteral("qt_")) || qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()) != nullptr
           || qobject_cast<const QComboBox*>(widget->parentWidget()) != nullptr || qobject_cast<const QLineEdit*>(widget->parentWidget()) != nullptr
           || qobject_cast<const QHeaderView*>(widget) != nullptr;
}

// Some of it lies within all that it stands in; what covers its inside (a viewport) is itself.
bool isInView(const QWidget* widget)
{
    QRect seen(widget->mapTo(widget->window(), QPoint()), widget->size());
    for (const QWidget* at = widget->parentWidget(); at != nullptr && !at->isWindow(); at = at->parentWidget()) {
        seen &= QRect(at->mapTo(widget->window(), QPoint()), at->size());
    }
    return widget->isVisible() && !seen.isEmpty();
}

bool isControl(const QWidget* widget)
{
    return (widget->focusPolicy() & Qt::TabFocus) && widget->focusProxy() == nullptr && !isPart(widget);
}

// What stands behind a widget's text.
QColor groundOf(const QWidget* widget)
{
    for (const QWidget* at = widget; at != nullptr; at = at->parentWidget()) {
        if (at->autoFillBackground() || at->isWindow() || qobject_cast<const QAbstractScrollArea*>(at) != nullptr) {
            return at->palette().color(at->backgroundRole());
        }
    }
    return widget->palette().color(QPalette::Window);
}

} // namespace

class TestAccessible : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        support::keepSettingsIn(m_folder);
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        support::makeWorkshop(m_folder.filePath(QStringLiteral("workshop")));
        m_rest = std::make_unique<support::AtRest>();
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->start({m_folder.filePath(QStringLiteral("workshop")), {}});
        m_app->window().resize(1280, 800);
        QVERIFY(QTest::qWaitForWindowActive(&m_app->window()));
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, kAwaitMs);
        auto* tune = static_cast<ui::TunePage*>(m_app->window().page(QStringLiteral("tune")));
        QTRY_VERIFY_WITH_TIMEOUT(tune->verdict().plan.trainRows > 0 && !tune->isChecking(), kAwaitMs);
    }

    void cleanupTestCase()
    {
        m_app.reset();
        m_rest.reset();
    }

    void cleanup() // a dialog that failed does not stand before the next
    {
        if (QDialog* left = m_app == nullptr ? nullptr : support::shownDialog(m_app->window())) {
            left->close();
        }
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    void everyControlTellsItself_data() { addPages(); }

    void everyControlTellsItself()
    {
        QFETCH(QString, page);
        show(page);
        int controls = 0;
        checkControls(&m_app->window(), controls);
        QVERIFY2(controls >= 5, "a page without controls was not looked at");
    }

    // Whoever has the keys is seen to have them.
    void everyControlShowsTheKeys_data() { addPages(); }

    void everyControlShowsTheKeys()
    {
        QFETCH(QString, page);
        show(page);
        ui::MainWindow& window = m_app->window();
        QVERIFY(support::activate(window));
        QWidget* elsewhere = support::child<QWidget>(&window, "navigation")->findChild<QAbstractButton*>();
        int looked = 0;
        for (QWidget* widget : window.page(page)->findChildren<QWidget*>()) {
            if (!widget->isVisible() || !widget->isEnabled() || !isControl(widget) || widget->size().isEmpty()) {
                continue;
            }
            widget->setFocus(Qt::TabFocusReason);
            if (QApplication::focusWidget() != widget || !widget->isVisible()) {
                continue; // it hands the keys on
            }
            const QImage with = widget->grab().toImage();
            elsewhere->setFocus(Qt::TabFocusReason);
            QVERIFY(QApplication::focusWidget() != widget);
            QVERIFY2(with != widget->grab().toImage(), qPrintable(nameOf(widget) + QStringLiteral(" looks the same with the keys and without")));
            ++looked;
        }
        QVERIFY(looked > 0);
    }

    void everyTextCanBeRead_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<QString>("theme");
        for (const ui::PageRow& row : ui::pages()) {
            for (const char* theme : {"light", "dark"}) { // switched live
                QTest::addRow("%s %s", row.id, theme) << QString::fromLatin1(row.id) << QString::fromLatin1(theme);
            }
        }
    }

    void everyTextCanBeRead()
    {
        QFETCH(QString, page);
        QFETCH(QString, theme);
        m_app->window().findChild<QAction*>(QStringLiteral("theme.") + theme)->trigger();
        show(page);
        int texts = 0;
        checkTexts(&m_app->window(), texts);
        QVERIFY(texts > 10);
    }

    // The dialogs, too: names, contrast in both schemes, every control by Tab, and Esc leaves.
    void everyDialog_data()
    {
        QTest::addColumn<QString>("dialog");
        QTest::addColumn<QString>("theme");
        for (const support::DialogRow& row : support::dialogRows()) {
            for (const char* theme : {"light", "dark"}) {
                QTest::addRow("%s %s", row.name, theme) << QString::fromLatin1(row.name) << QString::fromLatin1(theme);
            }
        }
    }

    void everyDialog()
    {
        QFETCH(QString, dialog);
        QFETCH(QString, theme);
        ui::MainWindow& window = m_app->window();
        const support::DialogRow& row = support::dialogRow(dialog);
        window.findChild<QAction*>(QStringLiteral("theme.") + theme)->trigger();
        show(QString::fromLatin1(row.page));
        QVERIFY(support::activate(window));
        row.open(window);
        QTRY_VERIFY_WITH_TIMEOUT(support::shownDialog(window) != nullptr, kAwaitMs);
        QDialog* shown = support::shownDialog(window);
        QTRY_VERIFY(shown->isActiveWindow());
        m_rest->wait();
        int controls = 0;
        int texts = 0;
        checkControls(shown, controls);
        checkTexts(shown, texts);
        QVERIFY(controls > 0 && texts > 0);
        QVERIFY2(QApplication::focusWidget() != nullptr && shown->isAncestorOf(QApplication::focusWidget()), "the keys are not in the dialog");
        // Return in a line means the dialog's own answer, never a button that opens another one.
        int defaults = 0;
        for (const QPushButton* button : shown->findChildren<QPushButton*>()) {
            defaults += button->isDefault() ? 1 : 0;
            QVERIFY2(!button->isDefault() || button == QApplication::focusWidget() || !button->text().endsWith(u'\u2026'), qPrintable(button->text()));
        }
        QVERIFY2(defaults <= 1, "Return means two things");
        if (dialog != QLatin1String("openData")) { // Qt's own
            checkTabs(shown);
        }
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
        QTRY_VERIFY(support::shownDialog(window) == nullptr);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    // By keys alone: to every page, through all of its controls and round again; no control holds the focus for good, and
    // what has it is in view.
    void aJourneyByKeys_data() { addPages(); }

    void aJourneyByKeys()
    {
        QFETCH(QString, page);
        ui::MainWindow& window = m_app->window();
        QVERIFY(support::activate(window));
        int number = 0;
        while (page != QLatin1String(ui::pages()[static_cast<std::size_t>(number)].id)) {
            ++number;
        }
        QTest::keySequence(&window, ui::pageKey(number));
        QCOMPARE(window.currentPage(), page);
        m_rest->wait();
        std::set<const QWidget*> reached;
        QTRY_VERIFY(QApplication::focusWidget() != nullptr);
        const QWidget* first = nullptr;
        for (int i = 0; i < kMostTabs; ++i) {
            QWidget* at = QApplication::focusWidget();
            QVERIFY2(at != nullptr, "the focus was lost");
            if (first == at && i > 1) {
                break;
            }
            first = first == nullptr ? at : first;
            reached.insert(at);
            QVERIFY2(isInView(at), qPrintable(nameOf(at) + QStringLiteral(" has the focus and is not in view")));
            QTest::keyClick(at, Qt::Key_Tab);
            if (QApplication::focusWidget() == at) { // it takes Tab for itself: then there is Ctrl+Tab or Esc
                QTest::keyClick(at, Qt::Key_Tab, Qt::ControlModifier);
                QVERIFY2(QApplication::focusWidget() != at, qPrintable(nameOf(at) + QStringLiteral(" keeps the focus")));
            }
        }
        for (const QWidget* widget : window.page(page)->findChildren<QWidget*>()) {
            if (widget->isVisible() && widget->isEnabled() && isControl(widget)) {
                QVERIFY2(reached.contains(widget), qPrintable(nameOf(widget) + QStringLiteral(" is not reached")));
            }
        }
        QTest::keyClick(&window, Qt::Key_F1, Qt::ShiftModifier);
        auto* help = window.findChild<QDialog*>(QStringLiteral("helpDialog"));
        QVERIFY(help != nullptr && help->isVisible());
        QTRY_VERIFY(help->isActiveWindow()); // before that the page below has the keys
        QVERIFY(support::child<QTextBrowser>(help, "helpText")->toPlainText().count(u'\n') >= 10);
        QTest::keyClick(help, Qt::Key_Escape);
        QTRY_VERIFY(window.findChild<QDialog*>(QStringLiteral("helpDialog")) == nullptr);
    }

    // What a right click opens, Shift+F10 and the menu key open, too, with the current row in sight, whatever page and list.
    void everyMenuOpensByKeys_data() { addPages(); }

    void everyMenuOpensByKeys()
    {
        QFETCH(QString, page);
        show(page);
        ui::MainWindow& window = m_app->window();
        int menus = 0;
        for (QWidget* widget : window.page(page)->findChildren<QWidget*>()) {
            const auto policy = widget->contextMenuPolicy();
            const bool hasMenu = policy == Qt::CustomContextMenu || (policy == Qt::ActionsContextMenu && !widget->actions().isEmpty());
            if (!widget->isVisible() || !widget->isEnabled() || !hasMenu || !(widget->focusPolicy() & Qt::TabFocus) || qobject_cast<QHeaderView*>(widget) != nullptr) {
                continue;
            }
            auto* view = qobject_cast<QAbstractItemView*>(widget);
            if (view != nullptr && view->model()->rowCount() > 0) {
                view->setCurrentIndex(view->model()->index(view->model()->rowCount() - 1, 0));
            }
            for (const auto& [key, modifiers] : {std::pair(Qt::Key_F10, Qt::KeyboardModifiers(Qt::ShiftModifier)), std::pair(Qt::Key_Menu, Qt::KeyboardModifiers())}) {
                QVERIFY(support::activate(window));
                widget->setFocus(Qt::TabFocusReason);
                bool isOpen = false;
                QTimer look; // the menu of actions has an event loop of its own
                connect(&look, &QTimer::timeout, this, [&] {
                    if (QWidget* menu = QApplication::activePopupWidget()) {
                        isOpen = !menu->actions().isEmpty();
                        look.stop();
                        menu->close();
                    }
                });
                look.start(10);
                QTest::keyClick(widget, key, modifiers);
                QTRY_VERIFY2(isOpen, qPrintable(nameOf(widget) + QStringLiteral(" opens no menu")));
                QTRY_VERIFY(QApplication::activePopupWidget() == nullptr);
                m_rest->wait(); // what its coming and going still tells of who has the keys
                if (view != nullptr && view->currentIndex().isValid()) {
                    QVERIFY2(view->viewport()->rect().intersects(view->visualRect(view->currentIndex())), qPrintable(nameOf(widget) + QStringLiteral(" does not show its row")));
                }
                ++menus;
            }
        }
        const QStringList known{QStringLiteral("data"), QStringLiteral("runs")};
        QVERIFY2(menus > 0 || !known.contains(page), "a page with menus showed none");
    }

private:
    static void addPages()
    {
        QTest::addColumn<QString>("page");
        for (const ui::PageRow& row : ui::pages()) {
            QTest::newRow(row.id) << QString::fromLatin1(row.id);
        }
    }

    static void checkControls(const QWidget* root, int& controls)
    {
        for (QWidget* widget : root->findChildren<QWidget*>()) {
            if (!widget->isVisible() || !isControl(widget)) {
                continue;
            }
            ++controls;
            const QString who = nameOf(widget);
            QAccessibleInterface* told = QAccessible::queryAccessibleInterface(widget);
            QVERIFY2(told != nullptr && told->isValid(), qPrintable(who));
            QVERIFY2(!told->text(QAccessible::Name).trimmed().isEmpty(), qPrintable(who + QStringLiteral(" has no name")));
            QVERIFY2(told->role() != QAccessible::NoRole && told->role() != QAccessible::Client, qPrintable(who + QStringLiteral(" has no role")));
            const QAccessible::State state = told->state();
            QVERIFY2(bool(state.disabled) == !widget->isEnabled(), qPrintable(who));
            QVERIFY2(state.focusable || !widget->isEnabled(), qPrintable(who));
            if (const auto* button = qobject_cast<const QAbstractButton*>(widget); button != nullptr && button->isCheckable()) {
                QVERIFY2(bool(state.checked) == button->isChecked(), qPrintable(who));
            }
            if (const auto* text = qobject_cast<const QPlainTextEdit*>(widget)) {
                QVERIFY2(bool(state.readOnly) == text->isReadOnly(), qPrintable(who));
            }
            if (auto* view = qobject_cast<QAbstractItemView*>(widget); view != nullptr && view->model() != nullptr && view->model()->rowCount() > 0) {
                QVERIFY2(told->childCount() > 0, qPrintable(who));
            }
        }
        // What is told of an icon alone is told in words.
        for (QAbstractButton* button : root->findChildren<QAbstractButton*>()) {
            if (button->isVisible() && !isPart(button)) {
                const QAccessibleInterface* told = QAccessible::queryAccessibleInterface(button);
                QVERIFY2(!told->text(QAccessible::Name).isEmpty(), qPrintable(nameOf(button)));
            }
        }
    }

    static void checkTexts(const QWidget* root, int& texts)
    {
        for (QWidget* widget : root->findChildren<QWidget*>()) {
            if (!widget->isVisible() || !widget->isEnabled()) {
                continue;
            }
            const QColor ground = groundOf(widget);
            const auto check = [&](const QColor& ink, const QColor& behind, const QString& what) {
                ++texts;
                const double found = ui::contrast(ink, behind);
                QVERIFY2(found >= kTextContrast, qPrintable(QStringLiteral("%1, \u201c%2\u201d: %3 on %4 is %5:1").arg(nameOf(widget), what.left(40), ink.name(), behind.name()).arg(found)));
            };
            if (const auto* label = qobject_cast<const QLabel*>(widget); label != nullptr && !label->text().isEmpty()) {
                // An ampersand that marks no key would be read as one.
                const bool isMarked = QRegularExpression(QStringLiteral("(^|[^&])&[A-Za-z]")).match(label->text()).hasMatch() && !Qt::mightBeRichText(label->text());
                QVERIFY2(!isMarked || label->buddy() != nullptr || label->textFormat() == Qt::PlainText, qPrintable(label->text()));
                check(label->palette().color(label->foregroundRole()), ground, label->text());
            } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget); button != nullptr && !button->text().isEmpty()) {
                const bool isPrimary = button->property("primary").toBool();
                check(isPrimary ? ui::color(ui::Token::AccentText) : button->palette().color(QPalette::ButtonText),
                      isPrimary ? ui::color(ui::Token::Accent) : button->palette().color(QPalette::Button), button->text());
            } else if (const auto* line = qobject_cast<const QLineEdit*>(widget)) {
                check(line->palette().color(QPalette::Text), line->palette().color(QPalette::Base), line->text());
                check(line->palette().color(QPalette::PlaceholderText), line->palette().color(QPalette::Base), line->placeholderText());
            } else if (const auto* view = qobject_cast<const QAbstractItemView*>(widget)) {
                checkItems(view);
            } else if (const auto* browser = qobject_cast<const QTextEdit*>(widget)) {
                checkDocument(browser->document(), browser->palette().color(QPalette::Text), browser->palette().color(QPalette::Base));
            }
            if (QTest::currentTestFailed()) {
                return;
            }
        }
    }

    // Tab comes to every control of the dialog.
    static void checkTabs(const QWidget* root)
    {
        std::set<const QWidget*> reached;
        for (int i = 0; i < kMostTabs; ++i) {
            QWidget* at = QApplication::focusWidget();
            QVERIFY2(at != nullptr, "the focus was lost");
            if (!reached.insert(at).second) {
                break;
            }
            QTest::keyClick(at, Qt::Key_Tab);
            if (QApplication::focusWidget() == at) {
                QTest::keyClick(at, Qt::Key_Tab, Qt::ControlModifier);
            }
        }
        for (const QWidget* widget : root->findChildren<QWidget*>()) {
            if (widget->isVisible() && widget->isEnabled() && isControl(widget)) {
                QVERIFY2(reached.contains(widget), qPrintable(nameOf(widget) + QStringLiteral(" is not reached")));
            }
        }
    }

    void show(const QString& page)
    {
        m_app->window().showPage(page);
        m_rest->wait();
    }

    static void checkItems(const QAbstractItemView* view)
    {
        const QAbstractItemModel* model = view->model();
        if (model == nullptr) {
            return;
        }
        const QColor ground = view->palette().color(QPalette::Base);
        for (int row = 0; row < std::min(model->rowCount(), 50); ++row) {
            for (int column = 0; column < model->columnCount(); ++column) {
                const QModelIndex index = model->index(row, column);
                const QVariant ink = index.data(Qt::ForegroundRole);
                if (ink.isValid() && !index.data().toString().isEmpty() && (index.flags() & Qt::ItemIsEnabled)) {
                    const double found = ui::contrast(ink.value<QBrush>().color(), ground);
                    QVERIFY2(found >= kTextContrast, qPrintable(nameOf(view) + u' ' + index.data().toString()));
                }
            }
        }
    }

    static void checkDocument(const QTextDocument* document, const QColor& usual, const QColor& ground)
    {
        for (QTextBlock block = document->begin(); block.isValid(); block = block.next()) {
            for (auto at = block.begin(); !at.atEnd(); ++at) {
                const QTextCharFormat format = at.fragment().charFormat();
                const QColor ink = format.hasProperty(QTextFormat::ForegroundBrush) ? format.foreground().color() : usual;
                const double found = ui::contrast(ink, ground);
                QVERIFY2(found >= kTextContrast, qPrintable(at.fragment().text().left(40) + QStringLiteral(" %1:1").arg(found)));
            }
        }
    }

    QTemporaryDir m_folder;
    std::unique_ptr<support::AtRest> m_rest;
    std::unique_ptr<app::Application> m_app;
};

QTEST_MAIN(TestAccessible)
#include "tst_accessible.moc"

// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/number_box.h"

#include "core/fields/record.h"
#include "ui/base/typed_number.h"

#include <QLineEdit>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::ui {
namespace {

constexpr int kWidth = 9; // characters

// The next of ..., 1, 2, 5, 10, 20, ... away from or towards zero.
double nextNice(double value, int direction)
{
    if (value == 0) {
        return direction > 0 ? 0.01 : 0;
    }
    const double size = std::pow(10, std::floor(std::log10(std::abs(value)) + 1e-9));
    const double lead = std::abs(value) / size;
    constexpr double kTiny = 1e-6;
    if (direction > 0) {
        return size * (lead < 2 - kTiny ? 2 : lead < 5 - kTiny ? 5 : 10);
    }
    return size * (lead > 5 + kTiny ? 5 : lead > 2 + kTiny ? 2 : lead > 1 + kTiny ? 1 : 0.5);
}

} // namespace

QString tidyNumber(QString text)
{
    return text.replace(QLatin1String("e-0"), QLatin1String("e-")).replace(QLatin1String("e+0"), QLatin1String("e"));
}

NumberBox::NumberBox(Kind kind, QWidget* parent)
    : QAbstractSpinBox(parent), m_kind(kind), m_low(-std::numeric_limits<double>::infinity()),
      m_high(std::numeric_limits<double>::infinity())
{
    setKeyboardTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    connect(lineEdit(), &QLineEdit::textEdited, this, [this] { Q_EMIT edited(text()); });
}

void NumberBox::setText(const QString& text)
{
    if (const QString shown = spokenNumber(tidyNumber(text)); lineEdit()->text() != shown) {
        lineEdit()->setText(shown);
    }
}

QString NumberBox::text() const
{
    // What is no number goes on as it is, to be explained.
    const QString typed = lineEdit()->text().trimmed();
    const QString plain = m_kind == Kind::Whole && typed.contains(u',') ? QString() : plainNumber(typed);
    return plain.isEmpty() ? typed : plain;
}

void NumberBox::stepBy(int steps)
{
    bool isNumber = false;
    double value = text().toDouble(&isNumber);
    if (!isNumber) {
        return;
    }
    for (int i = 0; i < std::abs(steps); ++i) {
        const double next = m_kind == Kind::Whole ? value + (steps > 0 ? 1 : -1) : nextNice(value, steps > 0 ? 1 : -1);
        value = std::clamp(next, m_low, m_high);
    }
    const fields::Value stepped = m_kind == Kind::Whole ? fields::Value(static_cast<std::int64_t>(std::llround(value)))
                                                        : fields::Value(std::strtod(QByteArray::number(value, 'g', 6), nullptr));
    setText(QString::fromStdString(fields::toText(stepped)));
    Q_EMIT edited(text());
}

QSize NumberBox::sizeHint() const
{
    QSize size = QAbstractSpinBox::sizeHint();
    size.setWidth(fontMetrics().averageCharWidth() * kWidth + size.height());
    return size;
}

void NumberBox::wheelEvent(QWheelEvent* event)
{
    // Scrolling through a form must not change what the pointer happens to pass.
    if (hasFocus()) {
        QAbstractSpinBox::wheelEvent(event);
    } else {
        event->ignore();
    }
}

} // namespace luthier::ui

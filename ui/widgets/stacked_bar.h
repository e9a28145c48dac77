// SPDX-License-Identifier: GPL-3.0-or-later
// StackedBar: parts of a whole as one bar in the theme's series colours, with a line where the limit is; what stands beyond
// it is hatched. Swatch: the colour of one part beside its name.
//
// Threads: GUI thread.
#pragma once

#include <QString>
#include <QWidget>

#include <cstdint>
#include <vector>

namespace luthier::ui {

struct BarPart {
    QString name;
    QString text; // its amount, as a person reads it
    std::int64_t amount = 0;
    int series = 0; // colour
};

class StackedBar : public QWidget {
    Q_OBJECT

public:
    explicit StackedBar(QWidget* parent = nullptr);

    void setParts(std::vector<BarPart> parts, std::int64_t limit, const QString& limitText); // limit 0: not known
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    double xOf(std::int64_t amount) const;
    const BarPart* partAt(int x) const;

    std::vector<BarPart> m_parts;
    std::int64_t m_limit = 0;
    std::int64_t m_total = 0;
    QString m_limitText;
};

class Swatch : public QWidget {
    Q_OBJECT

public:
    explicit Swatch(int series, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int m_series;
};

} // namespace luthier::ui

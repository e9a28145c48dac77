// SPDX-License-Identifier: GPL-3.0-or-later
// ThinnedPoints: of many points the lowest and the highest of each stretch, so that a curve of a million steps is drawn, and
// searched for its extremes, as fast as one of a few thousand. No extreme is lost, and a gap stays one. Only for the charts' own files.
//
// Threads: GUI thread.
#pragma once

#include <qcustomplot.h>

#include <cstddef>
#include <vector>

namespace luthier::ui {

class ThinnedPoints {
public:
    void clear() { *this = {}; }
    // What was added to `all` since the last time; all of it anew where something came in between.
    void follow(const QCPGraphDataContainer& all);
    // Those of `all` from `first` to `last` with a neighbour on each side where they are at most `most`, else about as many, chosen so
    // that each stretch keeps its extremes. In the order of their keys.
    QVector<QCPGraphData> between(const QCPGraphDataContainer& all, double first, double last, std::size_t most) const;

private:
    struct Stretch {
        QCPGraphData low{0, 0};
        QCPGraphData high{0, 0};
        QCPGraphData gap{0, 0}; // its first point without a value
        bool isEmpty = true;    // of values
        bool hasGap = false;
        void take(const QCPGraphData& point);
    };

    std::vector<std::vector<Stretch>> m_levels; // the finest first
    std::size_t m_count = 0;                    // points that they hold
    double m_last = 0;                          // key of the last of them
};

} // namespace luthier::ui

// SPDX-License-Identifier: GPL-3.0-or-later
// LineChart: curves over steps as SVG, and bars with their intervals. Colours and dashes come from the page's style.
//
// Threads: free functions, any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace luthier::report {

struct Curve {
    std::string name;
    std::vector<std::pair<double, double>> points; // step, value; what is not finite is a gap
};
// Long curves are thinned to the mean of neighbours. Empty where there are no two points.
std::string lineChart(const std::string& title, const std::string& unit, const std::vector<Curve>& curves);

struct Bar {
    std::string name;
    double value = 0;
    double low = 0; // NaN: no interval
    double high = 0;
};
std::string barChart(const std::string& title, const std::vector<Bar>& bars);

// Right answers over certainty: points on the line are what they promise.
std::string certaintyChart(const std::string& title, const std::vector<std::pair<double, double>>& points);

} // namespace luthier::report

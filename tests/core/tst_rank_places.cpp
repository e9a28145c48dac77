// SPDX-License-Identifier: GPL-3.0-or-later
// Where a process of several stands, as torchrun, srun and mpirun say it, and what --devices means.
#include "core/ranks/launcher.h"
#include "core/ranks/place.h"

#include <QtTest>

#include <map>

using namespace luthier;
using namespace luthier::ranks;

namespace {

using Environment = std::map<std::string, std::string>;

Result<std::optional<RankPlace>> placeIn(const Environment& environment)
{
    return placeFrom([&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    });
}

std::string joined(const Result<std::vector<std::string>>& devices)
{
    if (!devices) {
        return devices.message();
    }
    std::string text;
    for (const std::string& device : *devices) {
        text += (text.empty() ? "" : " ") + device;
    }
    return text;
}

} // namespace

class TestRankPlaces : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void alone();
    void torchrun();
    void slurm();
    void mpirun();
    void wrongNumbers_data();
    void wrongNumbers();
    void firstHosts_data();
    void firstHosts();
    void devices();
};

void TestRankPlaces::alone()
{
    for (const Environment& environment : {Environment{}, Environment{{"RANK", "0"}, {"WORLD_SIZE", "1"}}, Environment{{"WORLD_SIZE", "4"}},
                                           Environment{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}, {"SLURM_JOB_ID", "7"}}}) {
        const auto place = placeIn(environment);
        QVERIFY2(place.ok() && !place->has_value(), place ? "a rank" : place.message().c_str());
    }
}

void TestRankPlaces::torchrun()
{
    const auto place = placeIn({{"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "4"}, {"MASTER_ADDR", "node1"},
                                {"MASTER_PORT", "29400"}, {"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RUN_ID", "job"},
                                {"TORCHELASTIC_RESTART_COUNT", "2"}});
    QVERIFY(place.ok() && place->has_value());
    QCOMPARE((*place)->rank, 5);
    QCOMPARE((*place)->size, 8);
    QCOMPARE((*place)->localRank, 1);
    QCOMPARE((*place)->localSize, 4);
    QCOMPARE((*place)->address, "node1");
    QCOMPARE((*place)->port, 29400);
    QVERIFY((*place)->storeIsKept);
    QCOMPARE((*place)->session, "job.2"); // a restart meets nobody of the start before
}

void TestRankPlaces::slurm()
{
    const auto place = placeIn({{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "1"}, {"SLURM_JOB_NODELIST", "gpu[07-08],big1"},
                                {"SLURM_JOB_ID", "123456"}, {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.1"}});
    QVERIFY(place.ok() && place->has_value());
    QCOMPARE((*place)->rank, 3);
    QCOMPARE((*place)->size, 4);
    QCOMPARE((*place)->localRank, 1);
    QCOMPARE((*place)->address, "gpu07"); // not the login node
    QCOMPARE((*place)->port, 15000 + 123456 % 15000);
    QVERIFY(!(*place)->storeIsKept);
    const auto set = placeIn({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "2"}, {"SLURM_JOB_NODELIST", "a,b"}, {"MASTER_ADDR", "b"}, {"MASTER_PORT", "4000"}});
    QVERIFY(set.ok() && set->has_value());
    QCOMPARE((*set)->address, "b");
    QCOMPARE((*set)->port, 4000);
}

void TestRankPlaces::mpirun()
{
    const auto place = placeIn({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "1"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
    QVERIFY(place.ok() && place->has_value());
    QCOMPARE((*place)->rank, 1);
    QCOMPARE((*place)->address, "127.0.0.1");
    QCOMPARE((*place)->port, 29500);
    const auto apart = placeIn({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}});
    QVERIFY(!apart.ok());
    QVERIFY2(apart.message().find("MASTER_ADDR") != std::string::npos, apart.message().c_str());
}

void TestRankPlaces::wrongNumbers_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::newRow("letters") << "RANK" << "one";
    QTest::newRow("behind the last") << "RANK" << "2";
    QTest::newRow("negative") << "RANK" << "-1";
    QTest::newRow("nothing") << "WORLD_SIZE" << "";
    QTest::newRow("too many") << "WORLD_SIZE" << "100000";
    QTest::newRow("half a number") << "MASTER_PORT" << "29500x";
    QTest::newRow("no port") << "MASTER_PORT" << "70000";
}

void TestRankPlaces::wrongNumbers()
{
    QFETCH(QString, name);
    QFETCH(QString, value);
    Environment environment{{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "2"}, {"MASTER_PORT", "29500"}};
    environment[name.toStdString()] = value.toStdString();
    const auto place = placeIn(environment);
    QVERIFY(!place.ok());
    QVERIFY2(place.message().find(name.toStdString()) != std::string::npos && place.message().find("a number from") != std::string::npos, place.message().c_str());
}

void TestRankPlaces::firstHosts_data()
{
    QTest::addColumn<QString>("list");
    QTest::addColumn<QString>("host");
    QTest::newRow("one") << "node1" << "node1";
    QTest::newRow("two") << "node1,node2" << "node1";
    QTest::newRow("range") << "node[03-05,9],other" << "node03";
    QTest::newRow("choice") << "node[7,9]" << "node7";
    QTest::newRow("behind the bracket") << "rack[1-2]-gpu,x" << "rack1-gpu";
    QTest::newRow("two brackets") << "rack[1-2]n[08-09]" << "rack1n08";
    QTest::newRow("nothing") << "" << "";
    QTest::newRow("open bracket") << "node[3-" << "node3";
}

void TestRankPlaces::firstHosts()
{
    QFETCH(QString, list);
    QFETCH(QString, host);
    QCOMPARE(QString::fromStdString(firstHostOf(list.toStdString())), host);
}

void TestRankPlaces::devices()
{
    QCOMPARE(joined(devicesOf("all", 3)), "cuda:0 cuda:1 cuda:2");
    QCOMPARE(joined(devicesOf("2", 3)), "cuda:0 cuda:1");
    QCOMPARE(joined(devicesOf("cuda:2,cuda:0", 3)), "cuda:2 cuda:0");
    QCOMPARE(joined(devicesOf("cpu:3", 0)), "cpu cpu cpu");
    QCOMPARE(joined(devicesOf("cpu", 8)), "cpu");
    for (const char* wrong : {"all", "2", "cuda:0"}) {
        QVERIFY2(joined(devicesOf(wrong, 0)).find("no card") != std::string::npos, wrong);
    }
    QVERIFY(joined(devicesOf("cuda:0,cuda:3", 2)).find("has 2 cards") != std::string::npos);
    QVERIFY(joined(devicesOf("cuda:1,cuda:1", 2)).find("twice") != std::string::npos);
    QVERIFY(joined(devicesOf("cpu,cuda:0", 2)).find("cannot share") != std::string::npos);
    for (const char* wrong : {"", "gpu", "cuda:", "cpu:", "cpu:0", "cuda:x", "0", "cuda:0,", ","}) {
        QVERIFY2(joined(devicesOf(wrong, 2)).find("--devices") == 0, wrong);
    }
}

QTEST_GUILESS_MAIN(TestRankPlaces)
#include "tst_rank_places.moc"

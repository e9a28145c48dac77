<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>luthier::ui::AdaptersDetails</name>
    <message numerus="yes">
        <source>%Ln adapter(s) chosen</source>
        <translation>
            <numerusform>%Ln adapter chosen</numerusform>
            <numerusform>%Ln adapters chosen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::AdaptersPage</name>
    <message numerus="yes">
        <source>Move %Ln adapter(s) to the project's trash?</source>
        <translation>
            <numerusform>Move %Ln adapter to the project's trash?</numerusform>
            <numerusform>Move %Ln adapters to the project's trash?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::CompareContest</name>
    <message numerus="yes">
        <source>%1, %Ln answer(s) in one batch</source>
        <translation>
            <numerusform>%1, %Ln answer in one batch</numerusform>
            <numerusform>%1, %Ln answers in one batch</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgePage</name>
    <message numerus="yes">
        <source>%Ln preference(s) written</source>
        <translation>
            <numerusform>%Ln preference written</numerusform>
            <numerusform>%Ln preferences written</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1  ·  %Ln pair(s)</source>
        <translation>
            <numerusform>%1  ·  %Ln pair</numerusform>
            <numerusform>%1  ·  %Ln pairs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 wins %2 % (%3 to %4 %) of %Ln pair(s).</source>
        <translation>
            <numerusform>%1 wins %2 % (%3 to %4 %) of %Ln pair.</numerusform>
            <numerusform>%1 wins %2 % (%3 to %4 %) of %Ln pairs.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::PublishDialog</name>
    <message numerus="yes">
        <source>Combine %Ln adapter(s)</source>
        <translation>
            <numerusform>Combine %Ln adapter</numerusform>
            <numerusform>Combine %Ln adapters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ComparePage</name>
    <message numerus="yes">
        <source>after %Ln earlier message(s)</source>
        <translation>
            <numerusform>after %Ln earlier message</numerusform>
            <numerusform>after %Ln earlier messages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSearch</name>
    <message numerus="yes">
        <source>%Ln row(s)%1</source>
        <translation>
            <numerusform>%Ln row%1</numerusform>
            <numerusform>%Ln rows%1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ModelsList</name>
    <message numerus="yes">
        <source>%Ln model(s)</source>
        <translation>
            <numerusform>%Ln model</numerusform>
            <numerusform>%Ln models</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::Amounts</name>
    <message numerus="yes">
        <source>%Ln min left</source>
        <translation>
            <numerusform>%Ln min left</numerusform>
            <numerusform>%Ln min left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::WindowSentence</name>
    <message numerus="yes">
        <source>CPU, %Ln thread(s)</source>
        <translation>
            <numerusform>CPU, %Ln thread</numerusform>
            <numerusform>CPU, %Ln threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TokenStrip</name>
    <message numerus="yes">
        <source>%Ln token(s) cut</source>
        <translation>
            <numerusform>%Ln token cut</numerusform>
            <numerusform>%Ln tokens cut</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataClusters</name>
    <message numerus="yes">
        <source>Group %1 of %2: %Ln row(s). Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</source>
        <translation>
            <numerusform>Group %1 of %2: %Ln row. Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</numerusform>
            <numerusform>Group %1 of %2: %Ln rows. Words that differ from the first are marked; 1 to 9 keep that row and leave the others out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataFilterNote</name>
    <message numerus="yes">
        <source>%1 — %Ln row(s)</source>
        <translation>
            <numerusform>%1 — %Ln row</numerusform>
            <numerusform>%1 — %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataFilters</name>
    <message numerus="yes">
        <source>%Ln s left</source>
        <translation>
            <numerusform>%Ln s left</numerusform>
            <numerusform>%Ln s left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataReplace</name>
    <message numerus="yes">
        <source>Replace in %Ln row(s)</source>
        <translation>
            <numerusform>Replace in %Ln row</numerusform>
            <numerusform>Replace in %Ln rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) would change.</source>
        <translation>
            <numerusform>%Ln row would change.</numerusform>
            <numerusform>%Ln rows would change.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>replacing in %Ln row(s)</source>
        <translation>
            <numerusform>replacing in %Ln row</numerusform>
            <numerusform>replacing in %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataTable</name>
    <message numerus="yes">
        <source>%Ln row(s), %1 to learn from</source>
        <translation>
            <numerusform>%Ln row, %1 to learn from</numerusform>
            <numerusform>%Ln rows, %1 to learn from</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Take %Ln row(s) in again	Del</source>
        <translation>
            <numerusform>Take %Ln row in again	Del</numerusform>
            <numerusform>Take %Ln rows in again	Del</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Exclude %Ln row(s) from training	Del</source>
        <translation>
            <numerusform>Exclude %Ln row from training	Del</numerusform>
            <numerusform>Exclude %Ln rows from training	Del</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataVersions</name>
    <message numerus="yes">
        <source>%Ln row(s) differ.</source>
        <translation>
            <numerusform>%Ln row differs.</numerusform>
            <numerusform>%Ln rows differ.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>bringing %Ln row(s) back</source>
        <translation>
            <numerusform>bringing %Ln row back</numerusform>
            <numerusform>bringing %Ln rows back</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::LengthHistogram</name>
    <message numerus="yes">
        <source>%1 to %2: %Ln row(s)</source>
        <translation>
            <numerusform>%1 to %2: %Ln row</numerusform>
            <numerusform>%1 to %2: %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataDocument</name>
    <message numerus="yes">
        <source>leaving out %Ln row(s)</source>
        <translation>
            <numerusform>leaving out %Ln row</numerusform>
            <numerusform>leaving out %Ln rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>taking in %Ln row(s)</source>
        <translation>
            <numerusform>taking in %Ln row</numerusform>
            <numerusform>taking in %Ln rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>tag “%1” on %Ln row(s)</source>
        <translation>
            <numerusform>tag “%1” on %Ln row</numerusform>
            <numerusform>tag “%1” on %Ln rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>tag “%1” off %Ln row(s)</source>
        <translation>
            <numerusform>tag “%1” off %Ln row</numerusform>
            <numerusform>tag “%1” off %Ln rows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneShootout</name>
    <message numerus="yes">
        <source>%1, %Ln method(s)</source>
        <translation>
            <numerusform>%1, %Ln method</numerusform>
            <numerusform>%1, %Ln methods</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln method(s), one after the other; all else stays as the recipe says.</source>
        <translation>
            <numerusform>%Ln method; all else stays as the recipe says.</numerusform>
            <numerusform>%Ln methods, one after the other; all else stays as the recipe says.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataBatch</name>
    <message numerus="yes">
        <source>%1 (%Ln row(s))</source>
        <translation>
            <numerusform>%1 (%Ln row)</numerusform>
            <numerusform>%1 (%Ln rows)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSplit</name>
    <message numerus="yes">
        <source>%Ln excluded or broken row(s) are left out.</source>
        <translation>
            <numerusform>%Ln excluded or broken row is left out.</numerusform>
            <numerusform>%Ln excluded or broken rows are left out.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataMakings</name>
    <message numerus="yes">
        <source>%Ln accepted row(s) lie in %1.</source>
        <translation>
            <numerusform>%Ln accepted row lies in %1.</numerusform>
            <numerusform>%Ln accepted rows lie in %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgingDesk</name>
    <message numerus="yes">
        <source>In %1 of %Ln pair(s) the order of the answers decided.</source>
        <translation>
            <numerusform>In %1 of %Ln pair the order of the answers decided.</numerusform>
            <numerusform>In %1 of %Ln pairs the order of the answers decided.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluationDesk</name>
    <message numerus="yes">
        <source>%Ln row(s)</source>
        <translation>
            <numerusform>%Ln row</numerusform>
            <numerusform>%Ln rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> for each of %Ln that answer</source>
        <translation>
            <numerusform> for the %Ln that answers</numerusform>
            <numerusform> for each of %Ln that answer</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, and %Ln general row(s)</source>
        <translation>
            <numerusform>, and %Ln general row</numerusform>
            <numerusform>, and %Ln general rows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) cannot be asked (%1).</source>
        <translation>
            <numerusform>%Ln row cannot be asked (%1).</numerusform>
            <numerusform>%Ln rows cannot be asked (%1).</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::PublishDialog</name>
    <message numerus="yes">
        <source>%Ln adapter(s)</source>
        <translation>
            <numerusform>%Ln adapter</numerusform>
            <numerusform>%Ln adapters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluateSetup</name>
    <message numerus="yes">
        <source>How it went over the run&apos;s steps: at most %Ln of its checkpoints answer</source>
        <translation>
            <numerusform>How it went over the run&apos;s steps: at most %Ln of its checkpoints answers</numerusform>
            <numerusform>How it went over the run&apos;s steps: at most %Ln of its checkpoints answer</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::EvaluateResult</name>
    <message numerus="yes">
        <source>%Ln row(s) were left out, such as row %1: %2.</source>
        <translation>
            <numerusform>%Ln row was left out: row %1: %2.</numerusform>
            <numerusform>%Ln rows were left out, such as row %1: %2.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneTrials</name>
    <message numerus="yes">
        <source>%Ln trial(s)</source>
        <translation>
            <numerusform>%Ln trial</numerusform>
            <numerusform>%Ln trials</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneData</name>
    <message numerus="yes">
        <source>%1 — %Ln row(s), %2 excluded, %3</source>
        <translation>
            <numerusform>%1 — %Ln row, %2 excluded, %3</numerusform>
            <numerusform>%1 — %Ln rows, %2 excluded, %3</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 — %Ln row(s), %2</source>
        <translation>
            <numerusform>%1 — %Ln row, %2</numerusform>
            <numerusform>%1 — %Ln rows, %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Learned from %Ln file(s) together: %1</source>
        <translation>
            <numerusform>Learned from %Ln file together: %1</numerusform>
            <numerusform>Learned from %Ln files together: %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TuneGate</name>
    <message numerus="yes">
        <source>%Ln row(s) have nothing to learn: no token of them is trained. Look at them, mend or raise the longest length, or go on without them.</source>
        <translation>
            <numerusform>%Ln row has nothing to learn: no token of it is trained. Look at it, mend it or raise the longest length, or go on without it.</numerusform>
            <numerusform>%Ln rows have nothing to learn: no token of them is trained. Look at them, mend or raise the longest length, or go on without them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RunQueue</name>
    <message numerus="yes">
        <source>%Ln run(s) came into the queue from the command line; Tune shows it.</source>
        <translation>
            <numerusform>%Ln run came into the queue from the command line; Tune shows it.</numerusform>
            <numerusform>%Ln runs came into the queue from the command line; Tune shows them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ScoreChart</name>
    <message numerus="yes">
        <source>%Ln pair(s), %1 % the right way round; scores from %2 to %3</source>
        <translation>
            <numerusform>%Ln pair, %1 % the right way round; scores from %2 to %3</numerusform>
            <numerusform>%Ln pairs, %1 % the right way round; scores from %2 to %3</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::CompareExtras</name>
    <message numerus="yes">
        <source>base, prompt and %Ln example(s)</source>
        <translation>
            <numerusform>base, prompt and %Ln example</numerusform>
            <numerusform>base, prompt and %Ln examples</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSave</name>
    <message numerus="yes">
        <source>%Ln row(s) will be saved, in the order of the table.</source>
        <translation>
            <numerusform>%Ln row will be saved, in the order of the table.</numerusform>
            <numerusform>%Ln rows will be saved, in the order of the table.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataSave</name>
    <message numerus="yes">
        <source>%Ln that are left out of training are not.</source>
        <translation>
            <numerusform>%Ln that is left out of training is not.</numerusform>
            <numerusform>%Ln that are left out of training are not.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RolloutReader</name>
    <message numerus="yes">
        <source>Reward %1 · KL %2 · %Ln token(s) · %3 · row %4</source>
        <translation>
            <numerusform>Reward %1 · KL %2 · %Ln token · %3 · row %4</numerusform>
            <numerusform>Reward %1 · KL %2 · %Ln tokens · %3 · row %4</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgePage</name>
    <message numerus="yes">
        <source>%Ln judges agree by alpha %1.</source>
        <translation>
            <numerusform>%Ln judge agrees by alpha %1.</numerusform>
            <numerusform>%Ln judges agree by alpha %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::JudgeModel</name>
    <message numerus="yes">
        <source>In %1 of %Ln pair(s) the order of the answers decided, which counts as a tie.</source>
        <translation>
            <numerusform>In %1 of %Ln pair the order of the answers decided, which counts as a tie.</numerusform>
            <numerusform>In %1 of %Ln pairs the order of the answers decided, which counts as a tie.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RolloutTrial</name>
    <message numerus="yes">
        <source>All %Ln answer(s) of the update: %1 on average</source>
        <translation>
            <numerusform>The one answer of the update: %1</numerusform>
            <numerusform>All %Ln answers of the update: %1 on average</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::RemoteDialog</name>
    <message numerus="yes">
        <source>%Ln card(s)</source>
        <translation>
            <numerusform>%Ln card</numerusform>
            <numerusform>%Ln cards</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::TunePlace</name>
    <message numerus="yes">
        <source>A step of this recipe has %Ln batch(es), fewer than these: they are cut further, and some may idle. More accumulation keeps all busy.</source>
        <translation>
            <numerusform>A step of this recipe has %Ln batch, fewer than these: it is cut further, and some may idle. More accumulation keeps all busy.</numerusform>
            <numerusform>A step of this recipe has %Ln batches, fewer than these: they are cut further, and some may idle. More accumulation keeps all busy.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataMaking</name>
    <message numerus="yes">
        <source>%Ln row(s) lie(s) in %1.</source>
        <translation>
            <numerusform>%Ln row lies in %1.</numerusform>
            <numerusform>%Ln rows lie in %1.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::DataMix</name>
    <message numerus="yes">
        <source>%Ln row(s), shuffled.</source>
        <translation>
            <numerusform>%Ln row, shuffled.</numerusform>
            <numerusform>%Ln rows, shuffled.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::ChatSession</name>
    <message numerus="yes">
        <source>%Ln token(s)  ·  %1 tokens/s  ·  %2</source>
        <translation>
            <numerusform>%Ln token  ·  %1 tokens/s  ·  %2</numerusform>
            <numerusform>%Ln tokens  ·  %1 tokens/s  ·  %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>luthier::ui::CompareColumn</name>
    <message numerus="yes">
        <source>%Ln token(s)  ·  %1 tokens/s  ·  %2</source>
        <translation>
            <numerusform>%Ln token  ·  %1 tokens/s  ·  %2</numerusform>
            <numerusform>%Ln tokens  ·  %1 tokens/s  ·  %2</numerusform>
        </translation>
    </message>
</context>
</TS>

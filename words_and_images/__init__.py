"""What words and images share: common/ below neural/ below retraining/, which word2vec/, vision/
and texts/ stand on."""
